import { parseSize } from '../../quantities.ts';
import type { NotificationKind } from '../notification.ts';
import { linkedHost } from './pbs-link.ts';

const ACME_BODY = 'was not able to renew a TLS certificate';

/** A TLS certificate could not be renewed. PBS sends this as `info`, which it is not. */
export const acme: NotificationKind = {
  name: 'acme',
  product: 'pbs',
  type: 'certificate.renewal.failed',
  recognises: ({ title, body }) =>
    title === 'Could not renew certificate' || (title === '' && body.slice(0, 4_096).includes(ACME_BODY)),
  read({ body, lines, labels }) {
    const error = labels.get('error');
    const host = linkedHost(lines);
    return {
      evidence: body.includes(ACME_BODY),
      ...(host === undefined ? {} : { node: host }),
      facts: error === undefined || error === '' ? {} : { error },
    };
  },
};

const THRESHOLD_TITLE = /^Threshold Exceeded For Datastore '([^']{1,100})'/i;
const THRESHOLD_BODY = /^\s{0,8}Datastore '([^']{1,100})' exceeded the configured (.{1,100}) threshold\./;

/** A counter of a datastore passed its limit (PBS 4.2 and later). */
export const thresholds: NotificationKind = {
  name: 'thresholds',
  product: 'pbs',
  type: 'datastore.threshold.exceeded',
  recognises: ({ title, lines }) =>
    THRESHOLD_TITLE.test(title) || (title === '' && lines.some((line) => THRESHOLD_BODY.test(line))),
  read({ title, lines, labels }) {
    const first = lines.map((line) => THRESHOLD_BODY.exec(line)).find((match) => match !== null);
    const datastore = first?.[1] ?? THRESHOLD_TITLE.exec(title)?.[1];
    const limit = parseSize(labels.get('limit') ?? '');
    const value = parseSize(labels.get('value') ?? '');
    const host = linkedHost(lines);
    return {
      evidence: first !== undefined,
      ...(host === undefined ? {} : { node: host }),
      ...(datastore === undefined ? {} : { storage: datastore }),
      facts: {
        ...(datastore === undefined ? {} : { datastore }),
        ...(first?.[2] === undefined ? {} : { threshold: first[2] }),
        ...(limit === undefined ? {} : { limit }),
        ...(value === undefined ? {} : { value }),
      },
    };
  },
};
