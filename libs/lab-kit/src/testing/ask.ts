import { type Agent, request } from 'node:https';
import { LAB_SECRETS } from '../world/lab-users.ts';
import type { Lab } from '../lab.ts';

/** What came back, as it stood on the wire. */
export interface Reply {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed body. @throws when it is not JSON. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- tests look into answers of every shape
  json(): { data: any; total?: number; message?: string; errors?: Record<string, string> };
}

/** How to ask; a header that is empty is left out. */
export interface Question {
  readonly method?: string;
  readonly as?: keyof typeof LAB_SECRETS & ('root' | 'auditor' | 'nobody' | 'operator');
  readonly form?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly agent?: Agent;
}

/** Asks a node of the lab; as root's token unless said otherwise. Paths are under /api2/json. */
export function ask(lab: Lab, node: string, path: string, question: Question = {}): Promise<Reply> {
  const address = lab.addresses().find((a) => a.name === node);
  if (address === undefined) throw new Error(`no address of ${node}`);
  const { user, tokenName, secret } = LAB_SECRETS[question.as ?? 'root'];
  const authorization =
    address.product === 'pve'
      ? `PVEAPIToken=${user}!${tokenName}=${secret}`
      : `PBSAPIToken=${user.replace('@pve', '@pbs')}!${tokenName}:${secret}`;
  const body = question.form === undefined ? '' : new URLSearchParams(question.form).toString();
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: address.host,
        port: address.port,
        path: `/api2/json${path}`,
        method: question.method ?? 'GET',
        rejectUnauthorized: false,
        agent: question.agent ?? false,
        headers: {
          ...(question.headers?.['Authorization'] === '' || question.headers?.['Cookie'] !== undefined
            ? {}
            : { Authorization: authorization }),
          ...(body === ''
            ? {}
            : { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': String(body.length) }),
          ...Object.fromEntries(Object.entries(question.headers ?? {}).filter(([, v]) => v !== '')),
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? '',
            headers: response.headers,
            text,
            // The tests say what they expect of it.
            json: () => JSON.parse(text) as ReturnType<Reply['json']>,
          });
        });
      },
    );
    call.on('error', reject);
    call.end(body);
  });
}
