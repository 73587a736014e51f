import type { LabNode } from '../world/pve-model.ts';
import { Paged, type Call, type Routes } from './call.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function journalText(node: LabNode, line: LabNode['journal'][number]): string {
  const d = new Date(line.at);
  const clock = d.toISOString().slice(11, 19);
  return `${MONTHS[d.getUTCMonth()] ?? ''} ${String(d.getUTCDate()).padStart(2, '0')} ${clock} ${node.name} ${line.tag}[${line.pid}]: ${line.text}`;
}

function syslog(call: Call): unknown {
  const node = call.node();
  const since = call.text('since');
  const until = call.text('until');
  const service = call.text('service');
  const lines = node.journal.filter(
    (l) =>
      (since === undefined ||
        l.at >= Date.parse(`${since.replace(' ', 'T')}${since.includes(':') ? 'Z' : 'T00:00:00Z'}`)) &&
      (until === undefined ||
        l.at <= Date.parse(`${until.replace(' ', 'T')}${until.includes(':') ? 'Z' : 'T00:00:00Z'}`)) &&
      (service === undefined || l.tag === service),
  );
  if (lines.length === 0) return new Paged([{ n: 1, t: 'no content' }], 1);
  const start = call.int('start') ?? 0;
  const page = lines.slice(start, start + (call.int('limit') ?? 50));
  return new Paged(
    page.map((l, i) => ({ n: start + i + 1, t: journalText(node, l) })),
    lines.length,
  );
}

function journal(call: Call): unknown {
  const node = call.node();
  const last = call.int('lastentries') ?? 100;
  const since = call.int('since');
  const until = call.int('until');
  const cursor = (i: number) =>
    `s=${node.fingerprint.replaceAll(':', '').slice(0, 32).toLowerCase()};i=${i.toString(16)}`;
  const start = /;i=([0-9a-f]{1,12})$/.exec(call.text('startcursor') ?? '')?.[1];
  const indexed = node.journal.map((l, i) => ({ l, i }));
  const chosen = indexed.filter(
    ({ l, i }) =>
      (since === undefined || l.at >= since * 1000) &&
      (until === undefined || l.at <= until * 1000) &&
      (start === undefined || i >= Number.parseInt(start, 16)),
  );
  const page = start === undefined && since === undefined ? chosen.slice(-last) : chosen;
  const first = page[0]?.i ?? 0;
  const end = page.at(-1)?.i ?? first;
  return [cursor(first), ...page.map(({ l }) => journalText(node, l)), cursor(end)];
}

/** A node's journal in its two forms. */
export const logRoutes: Routes = {
  'GET /nodes/{node}/syslog': syslog,
  'GET /nodes/{node}/journal': journal,
};
