import { pino, type DestinationStream, type Logger } from 'pino';

/** Fields that never reach a log line, wherever they sit in what is logged. */
const SECRET_FIELDS = ['secret', 'password', 'token', 'authorization', 'cookie', 'ticket'];

/**
 * The process's log: JSON lines on standard error, so that standard output stays for what people and scripts read (`Gateway:`,
 * `Token:`).
 */
export function createLog(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '***',
      },
    },
    destination ?? pino.destination(2),
  );
}
