import { readFileSync } from "fs";

await Promise.resolve(readFileSync);

export const handler = async (event) => event;
