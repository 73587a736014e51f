import { bool, readEnvironment, type Environment } from '@proxmox-mcp/config';
import type { RunningServices } from '@proxmox-mcp/service-kit';

/** Settings that mean "there are hosts". */
const HOST_KEYS = [
  'PVE_NODES',
  'PBS_NODES',
  'PVE_CLUSTER_NAME',
  'PBS_CLUSTER_NAME',
  'PVE_CLUSTER_PRIMARY_HOST',
  'PBS_CLUSTER_PRIMARY_HOST',
];

/** The pretend lab beside the product. */
export interface Demo {
  /** Settings that point the product at the lab. */
  readonly env: Environment;
  /** The product is ready: the lab's hosts begin to talk to it, and the scenario to play. */
  begin(running: RunningServices): void;
  stop(): Promise<void>;
}

/** Starts the lab where no Proxmox host is configured, or DEMO asks for it; `undefined` otherwise. */
export async function startDemo(variables: Environment): Promise<Demo | undefined> {
  const env = readEnvironment(variables);
  const asked = bool().safeParse(env['DEMO'] ?? 'no');
  const wanted = asked.success && asked.data;
  const forbidden = env['DEMO'] !== undefined && asked.success && !asked.data;
  if (forbidden || (!wanted && HOST_KEYS.some((key) => env[key] !== undefined))) return undefined;
  // Imported here: a product with hosts of its own starts without the lab.
  const { DEMO_SCENARIO, startDemoLab } = await import('@proxmox-mcp/lab-kit');
  const scenario = env['LAB_SCENARIO'] ?? DEMO_SCENARIO;
  const demo = await startDemoLab({ speed: Number(env['LAB_SPEED'] ?? 1) });
  console.log(
    `No Proxmox host is configured: this is the demo, against a pretend lab. Soon it plays ${scenario}; .env.example shows how to name your own hosts.`,
  );
  console.log(`Lab's Gotify: ${demo.gotify.url} (client token ${demo.gotify.clientToken})`);
  return {
    env: demo.env,
    begin(running) {
      const port = (service: string): number | undefined => {
        const value = running.readiness()[service]?.details?.['port'];
        return typeof value === 'number' ? value : undefined;
      };
      const webhook = port('ingest-webhook');
      const syslog = port('ingest-syslog');
      demo.talkTo({
        ...(webhook === undefined ? {} : { webhookUrl: `http://127.0.0.1:${webhook}` }),
        ...(syslog === undefined ? {} : { syslog: { host: '127.0.0.1', port: syslog } }),
      });
      demo.play(scenario);
    },
    stop: () => demo.stop(),
  };
}
