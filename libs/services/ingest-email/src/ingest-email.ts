import { setTimeout as wait } from 'node:timers/promises';
import { createSharedNames, type KeyValue, type SharedNames } from '@proxmox-mcp/bus';
import {
  createIngestLine,
  createLiveInventory,
  createSourceReport,
  type Trouble,
} from '@proxmox-mcp/ingest-kit';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { EmailConfig } from './config.ts';
import { readAccounts, type Account } from './imap/account.ts';
import { createPlaceKeeper } from './imap/mailbox-place.ts';
import { createMailboxReader } from './imap/read-mailbox.ts';
import { watchMailbox, type MailboxWatch } from './imap/watch-mailbox.ts';
import { createMailIntake, type TakenMail } from './intake.ts';
import { openSmtpReceiver, type SmtpReceiver } from './smtp/receiver.ts';

const NAME = 'ingest-email';
const SMTP_SOURCE = 'email-smtp';
/** A replica that fell silent for so long has lost its mailboxes to the others. */
const LEASE_TTL_MS = 10_000;

/** Reads the notification mails of PVE and PBS from mailboxes, and receives them over SMTP. */
export const ingestEmail = defineService({
  name: NAME,
  config: EmailConfig,
  listener: { word: 'EMAIL', switchKey: 'EVENT_EMAIL_ENABLED' },
  create: createIngestEmail,
});

interface Watched {
  readonly watch: MailboxWatch;
  stop(): Promise<void>;
}

function createIngestEmail(context: ServiceContext<EmailConfig>): Service {
  const { config, bus, log, metrics, now, instance } = context;
  const accounts = readAccounts(config, context.inventory);
  const smtpPort = config.EVENT_EMAIL_SMTP_LISTEN_PORT;
  const inventory = createLiveInventory({ bus, log, configured: context.inventory, hosts: context.hosts });
  const line = createIngestLine({ ...context, service: NAME, channel: 'email' });
  const counters = {
    mails: metrics.counter('email_mails_total', 'Mails taken', ['transport', 'outcome']),
    skipped: metrics.counter('email_skipped_total', 'Mails a mailbox did not give', ['reason']),
    unkept: metrics.counter('email_unkept_total', 'Refused mails too many to be kept', ['reason']),
    answers: metrics.counter('email_smtp_answers_total', 'Mails answered by the SMTP receiver', ['code']),
  };
  const intake = createMailIntake({
    line,
    inventory,
    allowedFrom: allowedSenders(context),
    now,
    onUnkept: (reason) => counters.unkept.inc({ reason }),
  });
  const smtpReport = createSourceReport({ bus, log, name: SMTP_SOURCE, service: NAME, now });
  const mailboxes = new Map<string, () => Watched>();
  const watched = new Map<string, Watched>();
  // A mailbox given away must have been let go before it can come back.
  const leaving = new Map<string, Promise<void>>();
  let share: SharedNames | undefined;
  let receiver: SmtpReceiver | undefined;
  let isStarted = false;
  let isStopped = false;

  function startMailbox(account: Account, folder: string, cursors: KeyValue): Watched {
    const stopping = new AbortController();
    const { signal } = stopping;
    const sleep = (ms: number) => wait(ms, undefined, { signal });
    const report = createSourceReport({ bus, log, name: `${account.name}/${folder}`, service: NAME, now });
    let refused: Trouble | undefined;
    const reader = createMailboxReader({
      account,
      folder,
      keeper: createPlaceKeeper(cursors, account, folder, sleep),
      intake,
      now,
      sleep,
      onMail(taken) {
        counters.mails.inc({ transport: 'imap', outcome: taken.outcome });
        if (taken.outcome === 'events') report.succeeded();
        refused = refusalNotice(taken) ?? refused;
      },
      onSkipped: (reason) => counters.skipped.inc({ reason }),
    });
    const notices = () => (refused === undefined ? [] : [refused]);
    const watch = watchMailbox({
      account,
      folder,
      reader,
      report,
      notices,
      log,
      random: Math.random,
      signal,
    });
    return {
      watch,
      async stop() {
        stopping.abort();
        await watch.done;
        await report.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
      },
    };
  }

  async function end(name: string): Promise<void> {
    const one = watched.get(name);
    if (one === undefined) return;
    watched.delete(name);
    const done = one.stop();
    leaving.set(name, done);
    await done;
    leaving.delete(name);
  }

  async function startMailboxes(): Promise<void> {
    const cursors = await bus.kv('CURSORS');
    for (const account of accounts) {
      for (const folder of account.folders) {
        mailboxes.set(`${account.name}/${folder}`, () => startMailbox(account, folder, cursors));
      }
    }
    share = createSharedNames({
      kv: await bus.kv('LEASES'),
      group: NAME,
      owner: instance,
      ttlMs: LEASE_TTL_MS,
      names: () => [...mailboxes.keys()],
      onGained(name) {
        void (leaving.get(name) ?? Promise.resolve()).then(() => {
          const start = mailboxes.get(name);
          if (start !== undefined && !isStopped && !watched.has(name)) watched.set(name, start());
        });
      },
      onLost: end,
      log,
    });
    await share.start();
  }

  async function openReceiver(port: number): Promise<void> {
    receiver = await openSmtpReceiver({
      config,
      port,
      intake,
      log,
      onMail(taken) {
        counters.mails.inc({ transport: 'smtp', outcome: taken.outcome });
        if (taken.outcome === 'events') smtpReport.succeeded();
        const notice = refusalNotice(taken);
        if (notice !== undefined) void smtpReport.set('ok', [notice]);
      },
      onAnswer: (code) => counters.answers.inc({ code: String(code) }),
    });
    log.info({ host: config.EVENT_EMAIL_SMTP_LISTEN_HOST, port: receiver.port }, 'listening for mail, SMTP');
    await smtpReport.set('ok');
  }

  return {
    async start(signal) {
      if (accounts.length === 0 && smtpPort === undefined) {
        log.info('mail is off: set EVENT_EMAIL_IMAP_SERVER or EVENT_EMAIL_SMTP_LISTEN_PORT to read it');
        isStarted = true;
        return;
      }
      await inventory.start();
      if (signal.aborted || isStopped) return;
      if (accounts.length > 0) await startMailboxes();
      if (smtpPort !== undefined) await openReceiver(smtpPort);
      isStarted = true;
    },
    async stop() {
      isStopped = true;
      isStarted = false;
      const open = receiver;
      receiver = undefined;
      await open?.close();
      // Gives everything back after its watch has ended; what a lost lease left running ends here too.
      await share?.stop();
      await Promise.all([...watched.keys()].map(end));
      await Promise.all(leaving.values());
      await line.stop();
      await inventory.stop();
      if (open !== undefined)
        await smtpReport.set('down', [{ reason: 'stopped', detail: 'the service was stopped' }]);
    },
    isReady: () => isStarted,
    details: () => ({
      ...(accounts.length === 0 && smtpPort === undefined ? { enabled: false } : {}),
      ...(receiver === undefined ? {} : { port: receiver.port }),
      ...(accounts.length === 0
        ? {}
        : { mailboxes: Object.fromEntries([...watched].map(([name, { watch }]) => [name, watch.state])) }),
    }),
  };
}

function allowedSenders({ config, inventory }: ServiceContext<EmailConfig>): readonly string[] | undefined {
  const written = inventory.email?.allowed_from;
  const more = config.EVENT_EMAIL_ALLOWED_FROM;
  return written === undefined && more === undefined ? undefined : [...(written ?? []), ...(more ?? [])];
}

function refusalNotice({ refusedSender, detail }: TakenMail): Trouble | undefined {
  if (refusedSender === undefined) return undefined;
  const fix = `if it is yours: add ${refusedSender.slice(0, 200)} to EVENT_EMAIL_ALLOWED_FROM`;
  return { reason: 'sender', detail: (detail ?? 'a sender was refused').slice(0, 400), fix };
}
