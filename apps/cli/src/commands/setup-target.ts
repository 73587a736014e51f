import { parseArgs } from 'node:util';
import { loadSettings, readEnvironment, type HostConfig, type LoadedSettings } from '@proxmox-mcp/config';
import { ingestWebhook, type WebhookConfig } from '@proxmox-mcp/ingest-webhook';
import { mergeSources } from '@proxmox-mcp/ingest-kit';
import { checkAccess, createPbsClient, createPveClient, ProxmoxError } from '@proxmox-mcp/proxmox-client';
import { checkLine, type Check } from '../checks/check.ts';
import { UsageError, type Command, type CommandContext } from '../command.ts';
import { gatewayAddress, GatewayError, type GatewayAddress } from '../gateway-client.ts';
import { CannotWatch, watch, type Arrival } from '../target/arrival.ts';
import {
  findTarget,
  planRemoval,
  planSetUp,
  TakenError,
  type Client,
  type Step,
} from '../target/target-plan.ts';
import { failureOf, hostLabel, privilegeFaults, versionFaults } from '../target/host-faults.ts';
import { webhookAddress } from '../target/webhook-address.ts';

/** Both products take it, and leave room for the matcher's name (PBS: 32 characters). */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{1,27}$/;

/** The notification target of a host that posts to us. */
export const setupTarget: Command = {
  name: 'setup-target',
  usage: 'HOST [--url URL] [--name NAME] [--token TOKEN] [--dry-run] [--remove]',
  summary: 'makes a PVE or PBS host post its notifications to us, tests it, or takes it away again',
  async run(context) {
    const { values, positionals } = parseArgs({
      args: [...context.args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        name: { type: 'string', default: 'proxmox-mcp' },
        token: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        remove: { type: 'boolean', default: false },
      },
    });
    if (!NAME.test(values.name))
      throw new UsageError('--name: 2 to 28 letters, digits, - and _, a letter first');
    const settings = loadSettings([ingestWebhook], { env: context.env });
    const host = hostNamed(positionals[0], settings.hosts);
    const client = host.product === 'pve' ? createPveClient(host) : createPbsClient(host);
    const masked = masking(tokenOf(settings, host));
    const say = (check: Check) => context.print(masked(checkLine(check)));
    try {
      const job = { ...context, client, host, settings, values, say };
      return await (values.remove ? remove(job) : setUp(job));
    } catch (err) {
      if (err instanceof TakenError) {
        say({ status: 'failed', what: `${host.name}: ${err.message}` });
        return 1;
      }
      if (!(err instanceof ProxmoxError)) throw err;
      say(failureOf(err, client.authId));
      return 1;
    } finally {
      await client.close();
    }
  },
};

interface Job extends CommandContext {
  readonly client: Client;
  readonly host: HostConfig;
  readonly settings: LoadedSettings;
  readonly values: {
    readonly url?: string | undefined;
    readonly name: string;
    readonly token?: string | undefined;
    readonly 'dry-run': boolean;
  };
  readonly say: (check: Check) => void;
}

async function setUp(job: Job): Promise<number> {
  const { client, host, settings, values, signal, say } = job;
  const { name } = values;
  const webhook = webhookSettings(settings);
  const token = tokenOf(settings, host);
  if (token === undefined)
    throw new UsageError(
      'WEBHOOK_IN_TOKEN is not set: the host has to show it, and nobody is let in without',
    );
  const [endpoint] = host.endpoints;
  if (endpoint === undefined) throw new UsageError(`${host.name} has no address`);
  const url = await webhookAddress({
    url: values.url,
    webhookHost: webhook.WEBHOOK_HOST,
    webhookPort: webhook.WEBHOOK_PORT,
    endpoint,
    source: host.name,
  });
  const report = await checkAccess(client, { signal });
  const faults = [...versionFaults(host, report), ...privilegeFaults(host, report)];
  say({ status: 'passed', what: `${hostLabel(host)}: version ${report.version}, as ${report.authId}` });
  for (const fault of faults) say(fault);
  if (faults.length > 0) return 1;
  const steps = planSetUp(client, await findTarget(client, name, signal), { name, url, token });
  if (values['dry-run']) return showSteps(job, steps);
  const arrival = await watcher(job, webhook, token);
  try {
    await takeSteps(job, steps);
    return await test(job, arrival);
  } finally {
    if (!(arrival instanceof CannotWatch)) await arrival.close();
  }
}

async function remove(job: Job): Promise<number> {
  const { client, values, signal, say, host } = job;
  const steps = planRemoval(client, await findTarget(client, values.name, signal), values.name);
  if (steps.length === 0) {
    say({ status: 'passed', what: `${hostLabel(host)}: there is no target ${values.name}` });
    return 0;
  }
  if (values['dry-run']) return showSteps(job, steps);
  await takeSteps(job, steps);
  return 0;
}

function showSteps({ print }: Job, steps: readonly Step[]): number {
  for (const { call } of steps) for (const line of call) print(line);
  print(steps.length === 0 ? 'Nothing would be changed.' : 'Nothing was changed.');
  return 0;
}

async function takeSteps({ client, signal, say, host }: Job, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    await step.run(client, signal);
    say({ status: 'passed', what: `${hostLabel(host)}: ${step.done}` });
  }
}

/** Has the host send its test notification, and waits until it is here. */
async function test(job: Job, arrival: Arrival | CannotWatch): Promise<number> {
  const { client, values, signal, say, host } = job;
  try {
    await client.notifications.test(values.name, { signal, timeoutMs: 30_000 });
  } catch (err) {
    if (!(err instanceof ProxmoxError) || err.kind === 'permission') throw err;
    say({
      status: 'failed',
      what: `${hostLabel(host)}: could not post its test notification`,
      cause: err.detail,
      fix: 'check --url, WEBHOOK_HOST, firewalls in between, and that the product runs with the same WEBHOOK_IN_TOKEN',
    });
    return 1;
  }
  if (arrival instanceof CannotWatch) {
    const what = `${hostLabel(host)}: its test notification was answered, whether by the product was not seen`;
    say({ status: 'failed', what, cause: arrival.message });
    return 1;
  }
  const isHere = await arrival.seen(signal);
  say(
    isHere
      ? { status: 'passed', what: `the test notification has arrived (seen by ${arrival.by})` }
      : {
          status: 'failed',
          what: 'the test notification was answered by somebody and has not arrived here',
          cause: `${arrival.by} saw nothing of it`,
          fix: 'check --url; where another machine runs the product, give its GATEWAY_URL and --token',
        },
  );
  return isHere ? 0 : 1;
}

function webhookSettings(settings: LoadedSettings): WebhookConfig {
  // Parsed by the service's own schema; the map only forgets the type.
  return settings.values.get(ingestWebhook.name) as WebhookConfig;
}

/** What the host is to show: its own token, else the one for all. */
function tokenOf(settings: LoadedSettings, host: HostConfig): string | undefined {
  const { WEBHOOK_IN_TOKENS: own, WEBHOOK_IN_TOKEN: shared } = webhookSettings(settings);
  return own?.get(host.name) ?? shared ?? settings.inventory.webhook?.token;
}

/** A host may repeat in a complaint what it was given. */
function masking(token: string | undefined): (line: string) => string {
  if (token === undefined) return (line) => line;
  const encoded = Buffer.from(token, 'utf8').toString('base64');
  return (line) => line.replaceAll(encoded, '***').replaceAll(token, '***');
}

function watcher({ settings, host, values, env, signal }: Job, webhook: WebhookConfig, token: string) {
  const inventory = { ...settings.inventory, sources: mergeSources(settings.inventory, [host], []) };
  const here = { host: webhook.WEBHOOK_HOST, port: webhook.WEBHOOK_PORT, token, inventory };
  return watch(values.name, { gateway: knownGateway(values, env), here }, signal).catch((err: unknown) => {
    if (err instanceof CannotWatch) return err;
    throw err;
  });
}

function knownGateway(values: Job['values'], env: CommandContext['env']): GatewayAddress | undefined {
  try {
    return gatewayAddress({ token: values.token }, readEnvironment(env));
  } catch (err) {
    if (err instanceof GatewayError) return undefined;
    throw err;
  }
}

function hostNamed(name: string | undefined, hosts: readonly HostConfig[]): HostConfig {
  const known =
    hosts.length === 0 ? 'none is configured' : `there are ${hosts.map((host) => host.name).join(', ')}`;
  if (name === undefined) throw new UsageError(`HOST is missing; ${known}`);
  const host = hosts.find((one) => one.name === name.toLowerCase());
  if (host === undefined) throw new UsageError(`no host ${name}; ${known}`);
  return host;
}
