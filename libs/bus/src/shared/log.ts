/** The part of a pino logger that the bus needs. */
export interface BusLog {
  info(fields: object, sentence: string): void;
  warn(fields: object, sentence: string): void;
  error(fields: object, sentence: string): void;
}

/** Says nothing. */
export const silent: BusLog = { info: () => {}, warn: () => {}, error: () => {} };
