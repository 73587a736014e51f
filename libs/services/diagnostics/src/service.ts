import { Reject, type Consumer } from '@proxmox-mcp/bus';
import { Incident, filters, subjects } from '@proxmox-mcp/schemas';
import { defineService, type Service, type ServiceContext } from '@proxmox-mcp/service-kit';
import { DiagnosticsConfig } from './config.ts';
import { diagnose, diagnosisId } from './diagnose.ts';
import { ForwardFailed, forwardIncident } from './forward-incident.ts';
import { createLabAccess } from './lab/lab-access.ts';
import { createLabReader, type ReaderFactory } from './lab/lab-reader.ts';
import { latestOnly } from './latest-only.ts';
import { runbookFor } from './runbooks/index.ts';

/** The far ends, which tests script. */
export interface FarEnds {
  readonly createReader: ReaderFactory;
  readonly fetch: typeof globalThis.fetch;
}

/** Longer than a run and all attempts to forward, so that neither is begun twice. */
const ACK_WAIT_MS = 60_000;

/** Incidents whose last diagnosed cause is remembered. */
const REMEMBERED = 1_000;

/** Finds the causes of incidents: runs the read-only runbook for each and publishes what it found. */
export const diagnostics = defineService({
  name: 'diagnostics',
  config: DiagnosticsConfig,
  create: (context) => createDiagnostics(context, { createReader: createLabReader, fetch: globalThis.fetch }),
});

/** Makes the service with far ends of one's own choice. */
export function createDiagnostics(context: ServiceContext<DiagnosticsConfig>, farEnds: FarEnds): Service {
  const { bus, config, hosts, log, metrics, now } = context;
  const stopping = new AbortController();
  const access = createLabAccess(bus, hosts, farEnds.createReader);
  const latest = latestOnly();
  /** Incident → what was known of it when its runbook last ran. */
  const diagnosed = new Map<string, string>();
  let consumer: Consumer | undefined;
  const runs = metrics.counter('diagnostics_runs_total', 'Runs of runbooks.', ['runbook', 'result']);
  const seconds = metrics.histogram(
    'diagnostics_run_seconds',
    'Time a runbook took.',
    [0.1, 0.5, 1, 2, 5, 10],
    ['runbook'],
  );
  const forwarded = metrics.counter('diagnostics_forwarded_total', 'Incidents sent to AGENT_SERVER_URL.', [
    'result',
  ]);

  async function run(incident: Incident): Promise<void> {
    const runbook = runbookFor(incident.condition);
    if (runbook === undefined || incident.status === 'resolved') return;
    const known = [incident.cause ?? '', ...incident.facts].join('\n');
    if (diagnosed.get(incident.id) === known) return;
    const began = now();
    const diagnosis = await diagnose(runbook, incident, access, { now, signal: stopping.signal });
    // A run cut short by our own end says nothing; the message comes again at the next start.
    stopping.signal.throwIfAborted();
    await bus.publish(subjects.diagnosis(incident.id), diagnosis, { id: diagnosisId(diagnosis) });
    remember(incident.id, known);
    runs.inc({ runbook: runbook.id, result: diagnosis.findings.length > 0 ? 'concluded' : 'inconclusive' });
    seconds.observe((now() - began) / 1000, { runbook: runbook.id });
  }

  function remember(id: string, known: string): void {
    diagnosed.delete(id);
    diagnosed.set(id, known);
    const [oldest] = diagnosed.keys();
    if (diagnosed.size > REMEMBERED && oldest !== undefined) diagnosed.delete(oldest);
  }

  async function forward(incident: Incident, transition: string, url: string): Promise<void> {
    try {
      await forwardIncident(incident, transition, { url, fetch: farEnds.fetch, signal: stopping.signal });
      forwarded.inc({ result: 'sent' });
    } catch (err) {
      if (!(err instanceof ForwardFailed)) throw err;
      forwarded.inc({ result: 'failed' });
      log.warn({ reason: err.message }, 'incident not taken by AGENT_SERVER_URL');
    }
  }

  return {
    async start() {
      const { AGENT_SERVER_URL: url, ENABLE_AGENT: isEnabled } = config;
      consumer = await bus.consume(
        { durable: 'diagnostics', filters: [filters.allIncidents], maxInFlight: 16, ackWaitMs: ACK_WAIT_MS },
        async ({ data, subject }) => {
          const parsed = Incident.safeParse(data);
          if (!parsed.success) throw new Reject('invalid-payload', 'not an incident');
          const incident = parsed.data;
          const transition = subject.slice(subject.lastIndexOf('.') + 1);
          await Promise.all([
            url === undefined ? undefined : forward(incident, transition, url),
            isEnabled ? latest.run(incident.id, () => run(incident)) : undefined,
          ]);
        },
      );
    },
    async stop() {
      stopping.abort();
      await consumer?.stop();
      await access.close();
    },
    details: () => ({
      runbooks: config.ENABLE_AGENT ? 'automatic' : 'off',
      forwards: config.AGENT_SERVER_URL !== undefined,
    }),
  };
}
