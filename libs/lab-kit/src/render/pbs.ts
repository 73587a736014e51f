import { humanBytes } from './units.ts';

interface Rendered {
  readonly title: string;
  readonly body: string;
}

const footer = (fqdn: string, fragment: string) =>
  `\n\nPlease visit the web interface for further details:\n\n<https://${fqdn}:8007/#${fragment}>\n`;
const TASKS = 'pbsServerAdministration:tasks';

/** Figures of a finished garbage collection. */
export interface GcFigures {
  readonly upid: string;
  readonly indexFiles: number;
  readonly removedBytes: number;
  readonly removedChunks: number;
  readonly pendingBytes: number;
  readonly pendingChunks: number;
  readonly originalBytes: number;
  readonly onDiskBytes: number;
  readonly diskChunks: number;
}

/** `gc-ok` or, with `error`, `gc-err`. */
export function renderGc(fqdn: string, store: string, result: GcFigures | { error: string }): Rendered {
  if ('error' in result) {
    return {
      title: `Garbage Collect Datastore '${store}' failed `,
      body: `Datastore: ${store}\n\nGarbage collection failed: ${result.error}\n${footer(fqdn, TASKS)}`,
    };
  }
  const percent = result.originalBytes === 0 ? 0 : (result.onDiskBytes / result.originalBytes) * 100;
  const factor = result.onDiskBytes === 0 ? 1 : result.originalBytes / result.onDiskBytes;
  const body = [
    `Datastore:            ${store}`,
    `Task ID:              ${result.upid}`,
    `Index file count:     ${result.indexFiles}`,
    '',
    `Removed garbage:      ${humanBytes(result.removedBytes)}`,
    `Removed chunks:       ${result.removedChunks}`,
    'Removed bad chunks:   0',
    '',
    'Leftover bad chunks:  0',
    `Pending removals:     ${humanBytes(result.pendingBytes)} (in ${result.pendingChunks} chunks)`,
    '',
    `Original Data usage:  ${humanBytes(result.originalBytes)}`,
    `On-Disk usage:        ${humanBytes(result.onDiskBytes)} (${percent.toFixed(2)}%)`,
    `On-Disk chunks:       ${result.diskChunks}`,
    '',
    `Deduplication Factor: ${factor.toFixed(2)}`,
    '',
    'Garbage collection successful.',
    '',
  ].join('\n');
  return {
    title: `Garbage Collect Datastore '${store}' successful `,
    body: `${body}${footer(fqdn, `DataStore-${store}`)}`,
  };
}

/** `verify-ok`, or `verify-err` naming the snapshots or groups that failed. */
export function renderVerify(
  fqdn: string,
  job: { id: string; store: string },
  failed: readonly string[],
): Rendered {
  const head = `\nJob ID:    ${job.id}\nDatastore: ${job.store}\n\n`;
  if (failed.length === 0) {
    return {
      title: `Verify Datastore '${job.store}' successful `,
      body: `${head}Verification successful.\n${footer(fqdn, `DataStore-${job.store}`)}`,
    };
  }
  const items = failed.map((f) => `    ${f}\n`).join('');
  return {
    title: `Verify Datastore '${job.store}' failed `,
    body: `${head}Verification failed on these snapshots/groups:\n\n${items}${footer(fqdn, TASKS)}`,
  };
}

/** `prune-ok` or `prune-err`. */
export function renderPrune(
  fqdn: string,
  job: { id: string; store: string },
  error: string | undefined,
): Rendered {
  const head = `\nJob ID:       ${job.id}\nDatastore:    ${job.store}\n\n`;
  return error === undefined
    ? {
        title: `Pruning datastore '${job.store}' successful `,
        body: `${head}Pruning successful.\n${footer(fqdn, `DataStore-${job.store}`)}`,
      }
    : {
        title: `Pruning datastore '${job.store}' failed `,
        body: `${head}Pruning failed: ${error}\n${footer(fqdn, TASKS)}`,
      };
}

/** `sync-ok` or `sync-err`; the subject names the source's datastore. */
export function renderSync(
  fqdn: string,
  job: { id: string; store: string; remote: string | undefined; remoteStore: string },
  error: string | undefined,
): Rendered {
  const source =
    job.remote === undefined
      ? `Local Source Store: ${job.remoteStore}\n`
      : `Remote:             ${job.remote}\nRemote Store:       ${job.remoteStore}\n`;
  const head = `Job ID:             ${job.id}\nDatastore:          ${job.store}\n${source}\n`;
  const where = job.remote === undefined ? 'local' : `remote '${job.remote}'`;
  return error === undefined
    ? {
        title: `Sync ${where} datastore '${job.remoteStore}' successful `,
        body: `${head}Synchronization successful.\n${footer(fqdn, `DataStore-${job.store}`)}`,
      }
    : {
        title: `Sync ${where} datastore '${job.remoteStore}' failed `,
        body: `${head}Synchronization failed: ${error}\n${footer(fqdn, TASKS)}`,
      };
}
