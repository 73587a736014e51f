import type { Entry } from '../reduce/entry.ts';
import { RulesYaml } from './index.ts';
import type { Past } from './past.ts';
import type { Picture } from './rule.ts';
import { createSampler } from './sampler.ts';
import { createSettings } from './settings.ts';
import { storageUsage } from './storage-usage/rule.ts';

const START = Date.parse('2026-03-14T01:00:00Z');
const NOTHING_BEFORE: Past = {
  runningOn: () => [],
  isTold: () => false,
  growthOf: () => undefined,
};

it('says again what could not be written down, its end and what is gone too', () => {
  let entries: Entry[] = [];
  const see = (percent: number, minute: number) => {
    const at = new Date(START + minute * 60_000).toISOString();
    const seen = { source: 'atlas', product: 'pve', cluster: 'atlas', observedAt: at, since: at } as const;
    const own = {
      kind: 'storage',
      node: 'pve1',
      storage: 'tank',
      status: 'available',
      shared: false,
    } as const;
    entries = [{ ...seen, ...own, used: percent, total: 100 }];
  };
  const picture: Picture = {
    *of(kind) {
      for (const entry of entries) if (entry.kind === kind) yield entry as never;
    },
  };
  const settings = createSettings(RulesYaml.parse({ rules: { 'storage-usage': { for: 0, clear_for: 0 } } }));
  const sampler = createSampler({ rules: [storageUsage], settings, picture, past: NOTHING_BEFORE });
  const look = (minute: number) => sampler.look(START + minute * 60_000);

  see(95, 0);
  const lost = look(0);
  expect(lost.troubles).toHaveLength(1);
  lost.undo();
  expect(look(0).troubles).toEqual(lost.troubles);
  expect(look(0).troubles).toEqual([]);

  see(50, 1);
  look(1).undo();
  expect(look(1).recoveries).toHaveLength(1);
  see(95, 2);
  look(2);
  entries = [];
  look(3).undo();
  expect(look(3).recoveries).toMatchObject([{ title: expect.stringContaining('no longer there') }]);
});
