const value = await Promise.resolve(1);
export const handler = async () => value;
