import { setTimeout as wait } from 'node:timers/promises';
import type { SourceReport, Trouble } from '@proxmox-mcp/ingest-kit';
import type { Logger } from '@proxmox-mcp/service-kit';
import type { Account } from './account.ts';
import { openSession, type Session } from './open-session.ts';
import type { MailboxReader } from './read-mailbox.ts';
import { troubleOf } from './trouble.ts';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A wrong password tried too often locks accounts. */
const LONGEST_AUTH_PAUSE_MS = 300_000;

export interface MailboxWatchOptions {
  readonly account: Account;
  readonly folder: string;
  readonly reader: MailboxReader;
  readonly report: Pick<SourceReport, 'set'>;
  /** What the operator should know although the mailbox is read. */
  readonly notices: () => readonly Trouble[];
  readonly log: Logger;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** Reads a mailbox, and waits for what is new in it, until the signal aborts. */
export interface MailboxWatch {
  readonly done: Promise<void>;
  /** `connecting`, `ok`, or the reason it is not. */
  readonly state: string;
}

export function watchMailbox(options: MailboxWatchOptions): MailboxWatch {
  const { account, folder, reader, report, log, random, signal } = options;
  const name = `${account.name}/${folder}`;
  let state = 'connecting';
  let failures = 0;

  async function tell(trouble: Trouble | undefined, mayMark: boolean): Promise<void> {
    const isNew = state !== (trouble?.reason ?? 'ok');
    state = trouble?.reason ?? 'ok';
    if (trouble !== undefined) {
      if (isNew) log.warn({ mailbox: name, ...trouble }, 'mailbox cannot be read, will retry');
      return report.set('down', [trouble]);
    }
    if (isNew) log.info({ mailbox: name }, 'mailbox is read');
    const detail = `the server opens ${folder} for reading only: mails cannot be marked as read`;
    const fix = 'grant the right, or set EVENT_EMAIL_MARK_SEEN=no';
    const readOnly = mayMark || !account.markSeen ? [] : [{ reason: 'read-only', detail, fix }];
    return report.set('ok', [...readOnly, ...options.notices()]);
  }

  async function follow(session: Session): Promise<void> {
    const news = createBell(session);
    for (let isFirst = true; ; isFirst = false) {
      const { readOnly } = await reader.select(session, isFirst);
      await reader.catchUp(session);
      failures = 0;
      await tell(undefined, !readOnly);
      // Checked by its name from time to time: a renamed mailbox may go on being selected, and get nothing any more.
      const checkAt = performance.now() + account.pollMs;
      for (let left = account.pollMs; left > 0; left = checkAt - performance.now()) {
        if (!(await news.ring(left, signal))) break;
        await reader.catchUp(session);
      }
    }
  }

  async function run(): Promise<void> {
    await report.set('starting');
    while (!signal.aborted) {
      let session: Session | undefined;
      try {
        session = await openSession(account, signal);
        await follow(session);
      } catch (err) {
        if (signal.aborted) return;
        const trouble = troubleOf(err, account, folder);
        await tell(trouble, true);
        await wait(pauseMs(trouble), undefined, { signal }).catch(() => undefined);
      } finally {
        await session?.close();
      }
    }
  }

  function pauseMs({ reason }: Trouble): number {
    const longest = reason === 'auth' ? LONGEST_AUTH_PAUSE_MS : LONGEST_PAUSE_MS;
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures, 16), longest);
    failures += 1;
    // Mailboxes that were lost together do not come back together.
    return pause * (0.5 + random() / 2);
  }

  return {
    done: run(),
    get state() {
      return state;
    },
  };
}

/** Rings when the server says that there is new mail. */
interface Bell {
  /** Waits for a ring since the last one. @returns `false` after `ms` of silence. @throws when the connection ends. */
  ring(ms: number, signal: AbortSignal): Promise<boolean>;
}

function createBell({ client, ended }: Session): Bell {
  let rung = Promise.withResolvers<true>();
  client.on('exists', () => rung.resolve(true));
  return {
    async ring(ms, signal) {
      // Ended by the next command; a server that cannot idle is asked again after the wait.
      if (client.capabilities.has('IDLE')) client.idle().catch(() => undefined);
      const timer = new AbortController();
      try {
        const silence = wait(ms, false as const, { signal: AbortSignal.any([signal, timer.signal]) });
        silence.catch(() => undefined);
        const isNews = await Promise.race([rung.promise, silence, ended]);
        if (isNews) rung = Promise.withResolvers();
        return isNews;
      } finally {
        timer.abort();
      }
    },
  };
}
