import { requests, type SilenceCommand, subjects } from '@proxmox-mcp/schemas';
import { type Bench, openBench } from './testing/bench.ts';
import { sampleIncident, sampleResolved } from './testing/samples.ts';
import { until } from './testing/run-notifier.ts';

let b: Bench;
beforeEach(async () => {
  b = await openBench('2026-03-14T12:00:00.000Z');
});
afterEach(() => b.close());

describe('routes', () => {
  const notify = {
    routes: [
      { name: 'customers', match: { pool: 'customer-*' }, channels: ['gotify'], continue: true },
      {
        name: 'backups',
        match: { condition: 'backup.*' },
        channels: ['webhook'],
        routes: [{ name: 'mild', match: { maxSeverity: 'notice' }, channels: [] }],
      },
    ],
  };

  it('tell each channel once, whichever of them name it, and the end to those that were told', async () => {
    await b.run({ notify });
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await b.tell(sampleIncident({ id: 'inc-2', pool: 'customer-7' }), 'opened');
    await b.receiptIs('inc-2-opened-gotify', { status: 'sent' });
    await b.tell(sampleResolved(), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    expect(b.gotify.requests).toHaveLength(1);
    expect(await b.receipt('inc-1-opened-gotify')).toBeUndefined();
  });

  it('that tell nobody tell whoever is to know once it is worse', async () => {
    await b.run({ notify });
    await b.tell(sampleIncident({ severity: 'notice' }), 'opened');
    await b.receiptIs('inc-1-opened-none', { status: 'suppressed', reason: 'no-route' });
    await b.tell(sampleIncident({ severity: 'notice', revision: 2, occurrences: 2 }), 'updated');
    await b.tell(sampleIncident({ severity: 'error', revision: 3 }), 'updated');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await b.tell(sampleResolved({ revision: 4 }), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    expect(b.ids()).toEqual(['inc-1-opened-webhook', 'inc-1-resolved-webhook']);
  });

  it('whose only channel is off leave nobody without news', async () => {
    await b.run({ notify: { routes: [{ name: 'all', channels: ['ntfy'] }] } });
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await b.receiptIs('inc-1-opened-gotify', { status: 'sent' });
  });
});

describe('an incident that was suppressed', () => {
  const released = { timeline: [{ at: '2026-03-14T12:05:00.000Z', what: 'released', text: 'released' }] };

  it('is told once when it is released, and its end too', async () => {
    await b.run();
    await b.tell(sampleIncident({ status: 'suppressed' }), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { reason: 'incident-suppressed' });
    await b.tell(sampleIncident({ status: 'suppressed', revision: 2 }), 'updated');
    await b.tell(sampleIncident({ revision: 3, ...released }), 'updated');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await b.tell(sampleIncident({ revision: 4, ...released }), 'updated');
    await b.tell(sampleResolved({ revision: 5, ...released }), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    expect(b.ids()).toEqual(['inc-1-opened-webhook', 'inc-1-resolved-webhook']);
  });

  it('is not told again when it was told before that', async () => {
    await b.run();
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await b.tell(sampleIncident({ status: 'suppressed', revision: 2 }), 'updated');
    await b.tell(sampleIncident({ revision: 3, ...released }), 'updated');
    await b.tell(sampleResolved({ revision: 4, ...released }), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    expect(b.ids()).toEqual(['inc-1-opened-webhook', 'inc-1-resolved-webhook']);
  });

  it('and is over before it is released is told to nobody', async () => {
    await b.run();
    await b.tell(sampleIncident({ status: 'suppressed' }), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { reason: 'incident-suppressed' });
    await b.tell(sampleResolved(), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'suppressed', reason: 'opening-not-sent' });
    // A change that arrives late finds it over.
    await b
      .bus()
      .publish(subjects.incident('inc-1', 'updated'), sampleIncident({ revision: 1, ...released }));
    await b.tell(sampleIncident({ id: 'inc-2' }), 'opened');
    await b.receiptIs('inc-2-opened-webhook', { status: 'sent' });
    expect(b.ids()).toEqual(['inc-2-opened-webhook']);
  });

  it.each(['stale', 'flapping'] as const)('%s says nothing beyond its first message', async (status) => {
    await b.run();
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    for (let i = 2; i < 8; i++)
      await b.tell(sampleIncident({ status: i % 2 === 0 ? status : 'open', revision: i }), 'updated');
    await b.tell(sampleResolved({ revision: 9 }), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
    expect(b.ids()).toEqual(['inc-1-opened-webhook', 'inc-1-resolved-webhook']);
  });
});

describe('a silence', () => {
  const silence = (command: Partial<SilenceCommand>) =>
    b.bus().request(requests.silence, { op: 'add', by: 'alice', ...command });
  const nightly = {
    match: { condition: 'backup.*' },
    until: '2026-03-14T14:00:00.000Z',
    reason: 'NAS is moved',
  } as const;

  it('keeps what it hits from being told, through a restart, and what lasts is told at its end', async () => {
    await b.run();
    expect(await silence(nightly)).toMatchObject({ ok: true, silence: { by: 'alice' } });
    await b.reopen();
    await b.run();
    await b.tell(sampleIncident(), 'opened');
    await b.tell(sampleIncident({ id: 'inc-2' }), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'pending', reason: 'silenced' });
    await b.receiptIs('inc-2-opened-gotify', { status: 'pending', reason: 'silenced' });
    await b.tell(sampleResolved({ id: 'inc-2' }), 'resolved');
    await b.receiptIs('inc-2-resolved-webhook', { status: 'suppressed', reason: 'opening-not-sent' });
    expect(b.webhook.requests).toEqual([]);
    b.now = Date.parse('2026-03-14T14:00:00.000Z');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await b.receiptIs('inc-1-opened-gotify', { status: 'sent' });
    expect(b.ids()).toEqual(['inc-1-opened-webhook']);
    expect(await b.waiting()).toEqual([]);
  });

  it('that is ended early lets go what it held', async () => {
    await b.run();
    const made = await silence(nightly);
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { reason: 'silenced' });
    if (!made.ok) throw new Error(made.message);
    const ended = await silence({ op: 'expire', id: made.silence?.id ?? '' });
    expect(ended).toMatchObject({ ok: true, silences: [] });
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  });

  it('shows first what it would hit', async () => {
    await b.run();
    await b.tell(sampleIncident(), 'opened');
    await b.tell(sampleIncident({ id: 'inc-2', condition: 'node.state.offline' }), 'opened');
    await b.tell(sampleResolved({ id: 'inc-3' }), 'resolved');
    const shown = await silence({ op: 'preview', match: { condition: 'backup.*' } });
    expect(shown).toMatchObject({ ok: true, silences: [], hits: [{ id: 'inc-1', severity: 'error' }] });
  });

  it.each<[string, Partial<SilenceCommand>, string]>([
    ['everything', { ...nightly, match: {} }, 'invalid'],
    ['what is past', { ...nightly, until: '2026-03-14T11:00:00.000Z' }, 'invalid'],
    ['nothing in particular', { until: nightly.until, reason: 'x' }, 'invalid'],
    ['for ever', { ...nightly, until: '2036-03-14T11:00:00.000Z' }, 'invalid'],
    ['what is not there', { op: 'expire', id: 'sil-x' }, 'not_found'],
  ])('of %s is refused', async (_, command, code) => {
    await b.run();
    expect(await silence(command)).toMatchObject({ ok: false, code });
  });

  it('does not keep back an end that is owed', async () => {
    await b.run();
    await b.tell(sampleIncident(), 'opened');
    await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
    await silence(nightly);
    await b.tell(sampleResolved(), 'resolved');
    await b.receiptIs('inc-1-resolved-webhook', { status: 'sent' });
  });
});

it('what is snoozed before it was told is told when that is over', async () => {
  await b.run();
  await b.tell(sampleIncident({ snoozedUntil: '2026-03-14T13:00:00.000Z' }), 'opened');
  await b.receiptIs('inc-1-opened-webhook', { reason: 'snoozed' });
  b.now = Date.parse('2026-03-14T13:00:01.000Z');
  await b.receiptIs('inc-1-opened-webhook', { status: 'sent' });
  await until(b.waiting, (keys) => keys.length === 0);
});
