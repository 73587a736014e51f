import { createHeldTroubles } from '../history/held-troubles.ts';
import { createIncidentStore } from '../history/incidents.ts';
import { createFactStore } from '../history/facts.ts';
import { createOutbox } from '../history/outbox.ts';
import { openTestIngest, type TestIngest } from '../testing/open-ingest.ts';
import { epoch, iso } from '../testing/sample-events.ts';
import { createFollower } from './follower.ts';
import type { Trouble } from './trouble.ts';

let t: TestIngest;
let second = 0;
beforeEach(() => {
  second = 0;
  t = openTestIngest({ now: () => epoch(second) * 1_000 });
});
afterEach(() => t.close());

const trouble = (more: Partial<Trouble> = {}): Trouble => ({
  condition: 'door.open',
  anchor: 'door/1',
  object: 'door/1',
  cluster: 'atlas',
  severity: 'warning',
  product: 'pve',
  title: 'The door is open',
  at: iso(0),
  ...more,
});
const over = (at: number) => ({
  condition: 'door.open',
  anchor: 'door/1',
  cluster: 'atlas',
  title: 'The door is shut',
  at: iso(at),
});

/** Another run of the service over the same history. */
function restarted() {
  const { db } = t.history;
  return createFollower({
    incidents: createIncidentStore(db),
    facts: createFactStore(db),
    held: createHeldTroubles(db),
    outbox: createOutbox(db),
    now: () => epoch(second) * 1_000,
  });
}

it('what waits is told on time also by another run, as old as it is, and once', () => {
  t.run(() => t.follower.trouble(trouble({ holdsFor: 60 })));
  second = 59;
  const follower = restarted();
  expect(follower.isDue()).toBe(false);
  second = 60;
  expect(follower.isDue()).toBe(true);
  t.run(() => follower.tick());
  t.run(() => follower.trouble(trouble({ holdsFor: 60, at: iso(70) })));
  expect(follower.isDue()).toBe(false);
  expect(t.allIncidents()).toMatchObject([{ status: 'open', openedAt: iso(0) }]);
  expect(t.transitions().filter((word) => word === 'opened')).toHaveLength(1);
});

it('what lasted long enough is told although its end is heard of first, what did not is not', () => {
  t.run(() => t.follower.trouble(trouble({ holdsFor: 60 })));
  second = 500;
  t.run(() => t.follower.recovery(over(61)));
  expect(t.transitions()).toEqual(['opened', 'resolved']);
  t.run(() => t.follower.trouble(trouble({ holdsFor: 60, at: iso(490) })));
  t.run(() => t.follower.recovery(over(499)));
  second = 900;
  t.run(() => t.follower.tick());
  expect(t.allIncidents()).toHaveLength(1);
});

it('a moment is over when nothing more is heard of it, and what lasts does not become a moment', () => {
  t.run(() => t.follower.trouble(trouble({ expiresAfter: 100 })));
  second = 90;
  t.run(() => t.follower.trouble(trouble({ expiresAfter: 100, at: iso(90) })));
  second = 150;
  expect(t.follower.isDue()).toBe(false);
  second = 190;
  t.run(() => t.follower.tick());
  expect(t.allIncidents()).toMatchObject([{ status: 'resolved', resolution: 'expired' }]);
  t.run(() => t.follower.trouble(trouble({ at: iso(200) })));
  t.run(() => t.follower.trouble(trouble({ expiresAfter: 100, at: iso(210) })));
  second = 9_000;
  expect(t.follower.isDue()).toBe(false);
});

it('what got worse is told as what it is now', () => {
  t.run(() => t.follower.trouble(trouble()));
  t.run(() => t.follower.trouble(trouble({ severity: 'critical', title: 'The door is gone' })));
  t.run(() => t.follower.trouble(trouble({ title: 'The door is open' })));
  expect(t.allIncidents()).toMatchObject([{ severity: 'critical', title: 'The door is gone' }]);
});
