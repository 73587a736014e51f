import { Severity } from '@proxmox-mcp/schemas';

/** What the words of other systems come to on our scale. */
const MEANINGS: Readonly<Record<Severity, readonly string[]>> = {
  critical: ['critical', 'crit', 'fatal', 'emergency', 'emerg', 'alert', 'panic', 'disaster', 'page', 'p1'],
  error: ['error', 'err', 'failed', 'failure', 'fail', 'down', 'high', 'problem', 'alarm', 'offline', 'p2'],
  warning: ['warning', 'warn', 'degraded', 'average', 'medium', 'unhealthy', 'firing', 'alerting', 'p3'],
  notice: ['notice', 'low', 'minor', 'unknown', 'p4'],
  info: [
    'info',
    'information',
    'informational',
    'ok',
    'okay',
    'up',
    'success',
    'successful',
    'succeeded',
    'resolved',
    'normal',
    'healthy',
    'recovered',
    'debug',
    'none',
    'p5',
  ],
};
const SEVERITY_OF = new Map(
  Severity.options.flatMap((severity) => MEANINGS[severity].map((word) => [word, severity] as const)),
);

/** The severity a word of another system means; `undefined` for words that mean none. */
export function severityOfWord(word: string): Severity | undefined {
  return SEVERITY_OF.get(word.trim().toLowerCase());
}

/** Later than this is milliseconds: in seconds it would be the year 5138. */
const MAX_SECONDS = 99_999_999_999;
const ISO = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;

/** Epoch seconds of a time as other systems write it: seconds, milliseconds, ISO 8601 with a zone. `undefined`: none of them. */
export function epochSeconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{9,14}(?:\.\d{1,9})?$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && number > 0 && Number.isFinite(number))
    return Math.floor(number > MAX_SECONDS ? number / 1000 : number);
  // Without a zone it would be read in ours, which is nobody's.
  if (typeof value !== 'string' || !ISO.test(value) || !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(value))
    return undefined;
  const ms = Date.parse(value.slice(0, 64));
  return Number.isNaN(ms) || ms <= 0 ? undefined : Math.floor(ms / 1000);
}
