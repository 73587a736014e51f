import { parseSize } from '../quantities.ts';
import { present, type LogReading } from './log-reading.ts';

/** Summary lines of a garbage collection: label → fact, and how to read the value. */
const SUMMARY: readonly (readonly [label: string, fact: string, kind: 'size' | 'number'])[] = [
  ['Removed garbage: ', 'removed_bytes', 'size'],
  ['Removed chunks: ', 'removed_chunks', 'number'],
  ['Removed bad chunks: ', 'removed_bad', 'number'],
  ['Pending removals: ', 'pending_bytes', 'size'],
  ['Leftover bad chunks: ', 'still_bad', 'number'],
  ['Original data usage: ', 'index_data_bytes', 'size'],
  ['On-Disk usage: ', 'disk_bytes', 'size'],
  ['On-Disk chunks: ', 'disk_chunks', 'number'],
  ['Deduplication factor: ', 'dedup_factor', 'number'],
  ['Average chunk size: ', 'average_chunk_bytes', 'size'],
];

/** Reads the log of a garbage collection. */
export function readPbsGc(texts: readonly string[]): LogReading {
  const facts: Record<string, unknown> = {};
  let percent: number | undefined;
  let phase: string | undefined;
  for (const text of texts) {
    const store = /^starting garbage collection on store (\S{1,100})$/.exec(text)?.[1];
    if (store !== undefined) facts['datastore'] = store;
    const began = /^Start GC (phase[12]) /.exec(text)?.[1];
    if (began !== undefined) {
      phase = began === 'phase1' ? 'mark' : 'sweep';
      percent = undefined;
    }
    const done = /^(?:marked|processed) (\d{1,3})% \(/.exec(text)?.[1];
    if (done !== undefined) percent = Number(done);
    const files = /^marked \d{1,3}% \(\d{1,12} of (\d{1,12}) index files\)/.exec(text)?.[1];
    if (files !== undefined) facts['index_file_count'] = Number(files);
    const chunks = /^Pending removals: .{1,40} \(in (\d{1,15}) chunks\)/.exec(text)?.[1];
    if (chunks !== undefined) facts['pending_chunks'] = Number(chunks);
    const line = SUMMARY.find(([label]) => text.startsWith(label));
    if (line) facts[line[1]] = readValue(text.slice(line[0].length), line[2]);
  }
  return { facts: present(facts), progress: { facts: present({ phase, percent }) } };
}

function readValue(text: string, kind: 'size' | 'number'): number | undefined {
  // "2 TiB (4.55%)": the rest is derived.
  const value = text.split(' (', 1)[0] ?? '';
  if (kind === 'size') return parseSize(value);
  const number = Number(value);
  return value === '' || Number.isNaN(number) ? undefined : number;
}
