import { makeCertificate } from './http/certificate.ts';
import { LabServer } from './http/server.ts';
import { Tickets } from './http/tickets.ts';
import { PbsApi } from './pbs/api.ts';
import { PveApi, type PveDelays } from './pve/api.ts';
import { ApiSchema } from './pve/schema.ts';
import { createTargetSender } from './senders/target-sender.ts';
import { createRunningClock, type WorldClock } from './world/clock.ts';
import type { LabListener } from './world/listener.ts';
import type { PbsSite } from './world/pbs-site.ts';
import { LAB_SECRETS } from './world/lab-users.ts';
import { PBS_SECRETS } from './world/populate-pbs.ts';
import type { PveSite, SiteContext } from './world/pve-site.ts';
import { World } from './world/world.ts';
import { loadScenario, type Scenario } from './scenario/scenario.ts';
import { playScenario, type Playing } from './scenario/runner.ts';

/** Settings of a pretend lab; every one has a default. */
export interface LabOptions {
  /** Same seed, same lab. */
  readonly seed?: string;
  /** Time of the world; a running clock at `speed` by default. */
  readonly clock?: WorldClock;
  /** World seconds per wall second; ignored when a clock is given. */
  readonly speed?: number;
  /** Address to listen on. */
  readonly host?: string;
  /** First port: nodes take it and the following ones, the PBS the last. 0 (default) lets the system choose. */
  readonly portBase?: number;
  /** Waits before 401 and 595 answers, wall-clock milliseconds; 3000 as the real thing by default. */
  readonly delays?: Partial<PveDelays>;
  /** Names that vzdump's log says it notified. */
  readonly notificationTargets?: readonly string[];
  /** Replaces the default cluster and standalone host by sites of one's own; the first counts as the cluster. */
  readonly sites?: (context: SiteContext) => readonly PveSite[];
  /** Replaces the default cluster `lab` by one made from numbers. */
  readonly scale?: { readonly nodes: number; readonly guests: number };
}

/** How to reach one server of the lab, and a token that may read everything an auditor may. */
export interface LabAddress {
  /** Name of the node. */
  readonly name: string;
  readonly product: 'pve' | 'pbs';
  /** Cluster the node belongs to. */
  readonly cluster?: string;
  readonly host: string;
  readonly port: number;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
  readonly user: string;
  readonly tokenName: string;
  readonly secret: string;
}

/** A pretend lab: a world, and servers that answer for it. */
export interface Lab {
  readonly world: World;
  /** Binds all servers. */
  start(): Promise<void>;
  /** Stops servers and world; safe twice and without start. */
  stop(): Promise<void>;
  /** The site that node belongs to. @throws when there is none of that name. */
  pve(node: string): PveSite;
  readonly pbs: PbsSite;
  /** Auditor tokens; only after `start`. */
  addresses(): LabAddress[];
  /** Plays a scenario by name or YAML text; resolves when its last step is done and what it started has ended. */
  play(scenario: string | Scenario): Playing;
  listen(listener: LabListener): () => void;
}

/** Makes a lab; nothing is opened before `start`. */
export function createLab(options: LabOptions = {}): Lab {
  const clock =
    options.clock ?? createRunningClock(options.speed === undefined ? {} : { speed: options.speed });
  const world = new World({
    clock,
    seed: options.seed ?? 'lab',
    ...(options.scale === undefined ? {} : { scale: options.scale }),
    ...(options.sites === undefined ? {} : { sites: options.sites }),
  });
  const delays = { authMs: options.delays?.authMs ?? 3_000, peerMs: options.delays?.peerMs ?? 3_000 };
  const host = options.host ?? '127.0.0.1';
  // Clients renew tickets by their own clock, so a lab that runs fast must not age them faster.
  const nowSeconds = () => (options.clock === undefined ? Date.now() : clock.now()) / 1000;
  const schema = new ApiSchema();
  const servers = new Map<string, LabServer>();
  const addresses: LabAddress[] = [];
  const targetSender = createTargetSender(({ product, node }) =>
    product === 'pbs'
      ? world.pbs.notifications
      : world.sites.find((site) => site.nodes.has(node))?.notifications,
  );
  world.listen(targetSender);
  if (options.notificationTargets !== undefined) {
    for (const site of world.sites) site.notificationTargets = [...options.notificationTargets];
  }

  const startPve = async (site: PveSite, port: () => number) => {
    const tickets = new Tickets({
      product: 'PVE',
      key: `${options.seed ?? 'lab'} ${site.clusterName ?? site.domain}`,
      nowSeconds,
    });
    const hooks = { onPbsBackup: world.onPbsBackup };
    const api = new PveApi({ site, tickets, delays, hooks, schema });
    for (const node of site.nodes.values()) {
      const certificate = makeCertificate(node.fqdn, new Date(Date.now() - 86_400_000), ipv4(host));
      node.fingerprint = certificate.fingerprint;
      node.pem = certificate.cert;
      const server = new LabServer({
        handle: (request) => api.handle(node.name, request),
        certificate,
        style: { serverHeader: 'pve-api-daemon/3.0', closeOnError: true },
        host,
        port: port(),
      });
      await server.open();
      servers.set(node.name, server);
      addresses.push({
        name: node.name,
        product: 'pve',
        ...(site.clusterName === undefined ? {} : { cluster: site.clusterName }),
        host,
        port: server.port,
        fingerprint: certificate.fingerprint,
        ...LAB_SECRETS.auditor,
      });
    }
  };

  const startPbs = async (port: () => number) => {
    const { pbs } = world;
    const certificate = makeCertificate(pbs.fqdn, new Date(Date.now() - 86_400_000), ipv4(host));
    pbs.fingerprint = certificate.fingerprint;
    const tickets = new Tickets({ product: 'PBS', key: `${options.seed ?? 'lab'} pbs`, nowSeconds });
    const api = new PbsApi({ site: pbs, tickets, authDelayMs: delays.authMs });
    const server = new LabServer({
      handle: (request) => api.handle(request),
      certificate,
      style: { serverHeader: undefined, closeOnError: false },
      host,
      port: port(),
    });
    await server.open();
    servers.set(pbs.name, server);
    addresses.push({
      name: pbs.name,
      product: 'pbs',
      host,
      port: server.port,
      fingerprint: certificate.fingerprint,
      ...PBS_SECRETS.auditor,
    });
  };

  const findSite = (node: string) => {
    const site = world.sites.find((s) => s.nodes.has(node));
    if (site === undefined) throw new Error(`the lab has no node ${node}`);
    return site;
  };

  return {
    world,
    pbs: world.pbs,
    pve: findSite,
    addresses: () => [...addresses],
    listen: (listener) => world.listen(listener),
    play: (scenario) => playScenario(world, typeof scenario === 'string' ? loadScenario(scenario) : scenario),
    async start() {
      let next = options.portBase ?? 0;
      const port = () => (next === 0 ? 0 : next++);
      // A node without power does not even refuse politely; with power back it is on the same port.
      world.onPower((node, isOn) => void (isOn ? servers.get(node)?.open() : servers.get(node)?.close()));
      for (const site of world.sites) await startPve(site, port);
      await startPbs(port);
    },
    async stop() {
      clock.stop();
      await targetSender.stop();
      await Promise.all([...servers.values()].map((s) => s.close()));
      servers.clear();
      addresses.length = 0;
    },
  };
}

/** The address to put into certificates: a wildcard is no address to reach. */
const ipv4 = (host: string) => (/^\d+\.\d+\.\d+\.\d+$/.test(host) && host !== '0.0.0.0' ? host : '127.0.0.1');
