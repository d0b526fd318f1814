const echo = await Promise.resolve((event) => event);

export const handler = (event) => echo(event);
