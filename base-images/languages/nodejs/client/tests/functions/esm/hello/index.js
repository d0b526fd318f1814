export const handler = async () => "the folder";
