import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, constants, mkdir, mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const READY_WITHIN_MS = 20_000;
/** `nobody` and `nogroup` of Debian. */
const NOBODY = { uid: 65_534, gid: 65_534, user: 'nobody', group: 'nogroup' };

export interface DovecotProgram {
  readonly path: string;
  readonly version: string;
}

/** A real IMAP server on a port and in a folder of its own; any user may log in with the password. */
export interface Dovecot {
  readonly port: number;
  /** Speaks TLS from the start; 0 without a certificate. */
  readonly tlsPort: number;
  readonly user: string;
  readonly password: string;
  /** Puts a mail into a folder, as a delivery agent does; `arrivedAt` in the past makes it an old one. */
  deliver(mail: string, options?: { readonly folder?: string; readonly arrivedAt?: Date }): Promise<void>;
  /** Ends it, its children and their connections; the mail stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and mail, after `kill`. */
  restart(): Promise<void>;
  /** Ends it and deletes its files. Safe twice. */
  stop(): Promise<void>;
}

export interface DovecotOptions {
  /** PEM; with it the server offers STARTTLS and refuses logins in plain text. */
  readonly certificate?: { readonly cert: string; readonly key: string };
  /** The server does not offer IDLE. */
  readonly withoutIdle?: boolean;
}

/** Finds Dovecot on PATH or where Debian puts it. @returns `undefined` where there is none. */
export async function findDovecot(env: NodeJS.ProcessEnv): Promise<DovecotProgram | undefined> {
  const folders = [...(env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const path of folders.filter((folder) => folder !== '').map((folder) => join(folder, 'dovecot'))) {
    try {
      await access(path, constants.X_OK);
      await access('/usr/lib/dovecot/imap', constants.X_OK);
      const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
      return { path, version: stdout.trim().split(' ')[0] ?? '?' };
    } catch {
      continue; // not there, or not for this machine
    }
  }
  return undefined;
}

/** Starts a server and waits until it answers. Never as root: as `nobody` where the tests are. */
export async function startDovecot(program: DovecotProgram, options: DovecotOptions = {}): Promise<Dovecot> {
  const folder = await mkdtemp(join(tmpdir(), 'pmx-dovecot-'));
  const isRoot = process.getuid?.() === 0;
  const port = await freePort();
  const tlsPort = options.certificate === undefined ? 0 : await freePort();
  await mkdir(join(folder, 'mail'), { recursive: true });
  await writeConfig(folder, [port, tlsPort], isRoot, options);
  if (isRoot) await run('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, folder]);
  let child = await launch(program, folder, port, isRoot);
  let delivered = 0;

  async function kill(): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    // Its children would go on serving; they are of its process group.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    await exited;
  }
  return {
    port,
    tlsPort,
    user: 'ops',
    password: 'secret',
    async deliver(mail, { folder: name = 'INBOX', arrivedAt } = {}) {
      const maildir = name === 'INBOX' ? join(folder, 'mail') : join(folder, 'mail', `.${name}`);
      for (const part of ['tmp', 'new', 'cur']) {
        await mkdir(join(maildir, part), { recursive: true });
      }
      if (isRoot) await run('chown', ['-R', `${NOBODY.uid}:${NOBODY.gid}`, maildir]);
      const file = `${Math.floor(Date.now() / 1_000)}.M${delivered++}P${process.pid}.test`;
      await writeFile(join(maildir, 'tmp', file), mail);
      await chmod(join(maildir, 'tmp', file), 0o666);
      // Maildir has no other place for the time of arrival.
      if (arrivedAt !== undefined) await utimes(join(maildir, 'tmp', file), arrivedAt, arrivedAt);
      await rename(join(maildir, 'tmp', file), join(maildir, 'new', file));
    },
    kill,
    async restart() {
      await rm(join(folder, 'run'), { recursive: true, force: true });
      child = await launch(program, folder, port, isRoot);
    },
    async stop() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function writeConfig(
  folder: string,
  [port, tlsPort]: readonly [number, number],
  isRoot: boolean,
  { certificate, withoutIdle = false }: DovecotOptions,
): Promise<void> {
  const { uid, gid } = isRoot ? NOBODY : userInfo();
  const user = isRoot ? NOBODY.user : userInfo().username;
  const { stdout } = isRoot ? { stdout: NOBODY.group } : await run('id', ['-gn']);
  const group = stdout.trim();
  if (certificate !== undefined) {
    await writeFile(join(folder, 'cert.pem'), certificate.cert);
    await writeFile(join(folder, 'key.pem'), certificate.key);
  }
  const lines = [
    `base_dir = ${folder}/run`,
    `state_dir = ${folder}/state`,
    `log_path = ${folder}/dovecot.log`,
    'protocols = imap',
    'listen = 127.0.0.1',
    `default_internal_user = ${user}`,
    `default_internal_group = ${group}`,
    `default_login_user = ${user}`,
    `mail_location = maildir:${folder}/mail`,
    'mail_max_userip_connections = 100',
    'first_valid_uid = 1',
    'first_valid_gid = 1',
    'passdb {\n  driver = static\n  args = password=secret\n}',
    `userdb {\n  driver = static\n  args = uid=${uid} gid=${gid} home=${folder}/mail\n}`,
    // A refused login is answered at once, however often.
    'auth_failure_delay = 0',
    'service anvil {\n  chroot =\n  unix_listener anvil-auth-penalty {\n    mode = 0\n  }\n}',
    'service stats {\n  chroot =\n}',
    `service imap-login {\n  chroot =\n  inet_listener imap {\n    port = ${port}\n  }\n  inet_listener imaps {\n    port = ${tlsPort}\n    ssl = yes\n  }\n}`,
    ...(withoutIdle ? ['imap_capability = IMAP4rev1 LITERAL+ UIDPLUS'] : []),
    ...(certificate === undefined
      ? ['ssl = no', 'disable_plaintext_auth = no']
      : ['ssl = required', `ssl_cert = <${folder}/cert.pem`, `ssl_key = <${folder}/key.pem`]),
  ];
  await writeFile(join(folder, 'dovecot.conf'), `${lines.join('\n')}\n`);
}

async function launch(
  { path }: DovecotProgram,
  folder: string,
  port: number,
  isRoot: boolean,
): Promise<ChildProcess> {
  const child = spawn(path, ['-F', '-c', join(folder, 'dovecot.conf')], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own, to end all of it at once.
    detached: true,
    ...(isRoot ? { uid: NOBODY.uid, gid: NOBODY.gid } : {}),
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // A test run that is stopped in the middle leaves no server behind.
  const killed = () => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL');
  process.once('exit', killed);
  child.once('exit', () => process.off('exit', killed));
  for (const until = Date.now() + READY_WITHIN_MS; !(await answers(port));) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`dovecot did not come up: ${said}`);
    await wait(20);
  }
  return child;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
