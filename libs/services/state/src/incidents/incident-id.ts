import { createHash } from 'node:crypto';

/** Makes the id of an incident from what opened it: the same report opening it again after a crash makes the same id. */
export function incidentId(key: string, opener: string): string {
  return `inc-${createHash('sha256').update(key).update('\0').update(opener).digest('hex').slice(0, 20)}`;
}
