/** Bytes. */
export const GIB = 1024 ** 3;
/** Seconds. */
export const DAY = 86_400;
