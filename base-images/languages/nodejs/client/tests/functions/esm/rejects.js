await Promise.reject(new TypeError("top-level await"));
export const handler = () => 1;
