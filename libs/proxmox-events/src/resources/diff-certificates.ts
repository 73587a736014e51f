import { isRecord } from '../input.ts';
import { known, said, tellOf, type ConditionDiff, type Whose } from './condition-diff.ts';
import { number } from './snapshot.ts';

/** What is remembered of a certificate file between two polls. */
export interface CertificateMemory {
  /** Epoch seconds. */
  readonly notAfter: number;
  readonly fingerprint?: string;
  readonly subject?: string;
  /** Days left, rounded down, when it was looked at; negative when it has expired. */
  readonly daysLeft: number;
}

/** The certificates of one machine by file name. Plain JSON, fit to be stored. */
export type CertificateSnapshot = Readonly<Record<string, CertificateMemory>>;

/** Days left at which an ending is told of, and again. */
export const CERTIFICATE_THRESHOLDS = [30, 21, 14, 7, 0] as const;
const MAX_CERTIFICATES = 100;

/** Reads `certificates/info` of either product as it is at `nowMs`. */
export function readCertificates(rows: readonly unknown[], nowMs: number): CertificateSnapshot {
  const found = rows.slice(0, MAX_CERTIFICATES).flatMap((row): [string, CertificateMemory][] => {
    if (!isRecord(row)) return [];
    const filename = said(row['filename'], 200);
    const notAfter = number(row['notafter']);
    if (filename === undefined || notAfter === undefined) return [];
    const [fingerprint, subject] = [said(row['fingerprint'], 100), said(row['subject'], 300)];
    const daysLeft = Math.floor((notAfter * 1000 - nowMs) / 86_400_000);
    return [
      [
        filename,
        {
          notAfter,
          daysLeft,
          ...(fingerprint !== undefined && { fingerprint }),
          ...(subject !== undefined && { subject }),
        },
      ],
    ];
  });
  return Object.fromEntries(found);
}

/** Certificates that came nearer to their end than a threshold, ended, or were renewed. */
export function diffCertificates(
  before: CertificateSnapshot,
  after: CertificateSnapshot,
  whose: Whose,
): ConditionDiff<CertificateSnapshot> {
  const tell = tellOf(whose);
  const events = Object.entries(after).flatMap(([filename, now]) => {
    const was = known(before, filename);
    const { subject, fingerprint, notAfter: not_after, daysLeft: days_left } = now;
    const facts = { filename, subject, fingerprint, not_after, days_left };
    const isRenewed = was !== undefined && was.notAfter < now.notAfter;
    const renewed = isRenewed ? [tell('certificate.renewed', filename, facts)] : [];
    const threshold = thresholdOf(now.daysLeft);
    const told = was === undefined || isRenewed ? undefined : thresholdOf(was.daysLeft);
    if (threshold === undefined || (told !== undefined && told <= threshold)) return renewed;
    const type = now.daysLeft < 0 ? 'certificate.expired' : 'certificate.expiring';
    return [...renewed, tell(type, filename, { ...facts, threshold_days: threshold })];
  });
  return { events, next: after };
}

/** The nearest threshold reached; `undefined` while none is. An end within the day is not yet one that has passed. */
function thresholdOf(daysLeft: number): number | undefined {
  return CERTIFICATE_THRESHOLDS.findLast((threshold) =>
    threshold === 0 ? daysLeft < 0 : daysLeft < threshold,
  );
}
