import { randomBytes } from 'node:crypto';
import { createLab, type Lab, type LabAddress } from '../lab.ts';
import { startGotify, type GotifyReceiver } from '../receivers/index.ts';
import type { Playing } from '../scenario/runner.ts';
import { startSenders, type Senders, type SyslogTarget } from '../senders/index.ts';

export interface DemoOptions {
  /** Address the lab's servers bind to; default 127.0.0.1. */
  readonly host?: string;
  /** Name by which the product reaches the lab; default `host`. */
  readonly advertise?: string;
  /** First port of the Proxmox servers; 0 (default) lets the system choose. */
  readonly portBase?: number;
  /** Port of the pretend Gotify; 0 (default) lets the system choose. */
  readonly receiverPort?: number;
  /** World seconds per wall second; default 1. */
  readonly speed?: number;
}

/** Where the lab's hosts send what they have to say. */
export interface DemoTargets {
  /** Base URL of the product's webhook receiver. */
  readonly webhookUrl?: string;
  readonly syslog?: SyslogTarget;
}

/** The pretend lab as the demo shows it: hosts, a Gotify to be notified on, and the product's settings for both. */
export interface DemoLab {
  readonly lab: Lab;
  readonly gotify: GotifyReceiver;
  /** Settings that point the product at this lab. */
  readonly env: Readonly<Record<string, string>>;
  /** From now on the hosts forward syslog and post notifications there. */
  talkTo(targets: DemoTargets): void;
  /** Plays a scenario by name. */
  play(scenario: string): Playing;
  stop(): Promise<void>;
}

/** The scenario of the first minute. */
export const DEMO_SCENARIO = 'nightly-backup-failure';

/** Starts the lab with everything the demo needs. */
export async function startDemoLab(options: DemoOptions = {}): Promise<DemoLab> {
  const host = options.host ?? '127.0.0.1';
  const advertise = options.advertise ?? host;
  const lab = createLab({
    host,
    ...(options.portBase === undefined ? {} : { portBase: options.portBase }),
    ...(options.speed === undefined ? {} : { speed: options.speed }),
  });
  await lab.start();
  const gotify = await startGotify({ host, port: options.receiverPort ?? 0 });
  const webhookToken = randomBytes(24).toString('base64url');
  let senders: Senders | undefined;
  return {
    lab,
    gotify,
    env: {
      ...hostSettings(lab.addresses(), advertise),
      WEBHOOK_IN_TOKEN: webhookToken,
      GOTIFY_OUT_ENABLED: 'true',
      GOTIFY_OUT_SERVER_URL: `http://${advertise}:${new URL(gotify.url).port}`,
      GOTIFY_OUT_APP_TOKEN: gotify.appToken,
    },
    talkTo({ webhookUrl, syslog }) {
      void senders?.stop();
      senders = startSenders(lab, {
        ...(syslog === undefined ? {} : { syslog }),
        ...(webhookUrl === undefined
          ? {}
          : {
              webhook: {
                url: ({ cluster, node }) => `${webhookUrl}/hooks/proxmox/${cluster ?? node}`,
                token: webhookToken,
              },
            }),
      });
    },
    play: (scenario) => lab.play(scenario),
    async stop() {
      await senders?.stop();
      await lab.stop();
      await gotify.close();
    },
  };
}

/** The variables an operator would write for these hosts (`.env.example`). */
function hostSettings(addresses: readonly LabAddress[], advertise: string): Record<string, string> {
  const env: Record<string, string> = { LAB_CONFIGURATION: 'MIXED' };
  const members = addresses.filter(({ cluster }) => cluster !== undefined);
  const [primary, ...subnodes] = members;
  if (primary?.cluster !== undefined) {
    env['PVE_CLUSTER_NAME'] = primary.cluster;
    Object.assign(env, credentials('PVE_CLUSTER_PRIMARY', primary, advertise));
    env['PVE_CLUSTER_PRIMARY_FINGERPRINT'] = members.map(({ fingerprint }) => fingerprint).join(',');
    env['PVE_CLUSTER_SUBNODES'] = subnodes.map(({ name }) => name).join(',');
    for (const { name, port } of subnodes) env[`${variable(name)}_HOST`] = `${advertise}:${port}`;
  }
  for (const product of ['pve', 'pbs'] as const) {
    const alone = addresses.filter((address) => address.product === product && address.cluster === undefined);
    env[`${product.toUpperCase()}_NODES`] = alone.map(({ name }) => name).join(',');
    for (const address of alone) Object.assign(env, credentials(variable(address.name), address, advertise));
  }
  return env;
}

function credentials(prefix: string, address: LabAddress, advertise: string): Record<string, string> {
  return {
    [`${prefix}_HOST`]: `${advertise}:${address.port}`,
    [`${prefix}_USER`]: address.user,
    [`${prefix}_TOKEN_NAME`]: address.tokenName,
    [`${prefix}_TOKEN_VALUE`]: address.secret,
    [`${prefix}_FINGERPRINT`]: address.fingerprint,
  };
}

function variable(name: string): string {
  return name.toUpperCase().replaceAll('-', '_');
}
