import { renderFencing } from '../render/fencing.ts';
import { startGuest } from './guest-tasks.ts';
import type { LabHaService } from './pve-model.ts';
import { MEMBERSHIP_DELAY_MS, PRI, type PveSite } from './pve-site.ts';
import type { World } from './world.ts';

/** When what happens after a power loss, world milliseconds. */
const AFTER = {
  linkDown: 2_500,
  tokenLost: 3_650,
  nodeUnknown: 20_000,
  fence: 80_000,
  fenced: 140_000,
  restart: 145_000,
};

/** The node loses power: its server is gone at once, the rest of the cluster finds out step by step. */
export function killNode(world: World, site: PveSite, name: string): void {
  new NodeFailure(world, site, name).begin();
}

/** Power comes back: the node boots, joins, and starts the guests that start on boot. */
export function reviveNode(world: World, site: PveSite, name: string): void {
  const node = site.node(name);
  if (node.diedAt === undefined) return;
  delete node.diedAt;
  node.bootedAt = site.seconds();
  for (const guest of site.guestsOf(name)) {
    guest.status = 'stopped';
    delete guest.startedAt;
    delete guest.pid;
    delete guest.stale;
  }
  world.setPower(name, true);
  const members = aliveNodes(site);
  for (const member of members) {
    site.daemonLog(member, 'corosync', PRI.info, `  [KNET  ] rx: host: ${node.nodeid} link: 0 is up`);
    site.daemonLog(
      member,
      'corosync',
      PRI.notice,
      `  [TOTEM ] A new membership (1.${ring(site)}) was formed. Members joined: ${node.nodeid}`,
    );
    site.daemonLog(
      member,
      'corosync',
      PRI.notice,
      `  [QUORUM] Members[${members.length}]: ${idsOf(site, members)}`,
    );
    if (member === name) site.daemonLog(member, 'pmxcfs', PRI.notice, '[status] notice: node has quorum');
  }
  if (site.haMaster !== undefined)
    site.daemonLog(
      site.haMaster,
      'pve-ha-crm',
      PRI.info,
      `node '${name}': state changed from 'unknown' => 'online'`,
    );
  site.startTask({ node: name, type: 'startall', id: '', user: 'root@pam' }, function* ({ log }) {
    for (const guest of site.guestsOf(name)) {
      if (guest.config['onboot'] !== 1 || guest.template) continue;
      log(`Starting ${guest.kind === 'qemu' ? 'VM' : 'CT'} ${guest.vmid}`);
      startGuest(site, guest.vmid, { user: 'root@pam' });
      yield 3_000;
    }
  });
}

const aliveNodes = (site: PveSite) => [...site.nodes.keys()].filter((n) => site.isAlive(n));
const idsOf = (site: PveSite, names: readonly string[]) => names.map((n) => site.node(n).nodeid).join(' ');
const ring = (site: PveSite) => (0x2f0 + Math.floor(site.seconds() % 0xff)).toString(16);

class NodeFailure {
  readonly #world: World;
  readonly #site: PveSite;
  readonly #name: string;
  readonly #nodeid: number;

  constructor(world: World, site: PveSite, name: string) {
    this.#world = world;
    this.#site = site;
    this.#name = name;
    this.#nodeid = site.node(name).nodeid;
  }

  begin(): void {
    const site = this.#site;
    const node = site.node(this.#name);
    if (node.diedAt !== undefined) return;
    node.diedAt = site.now();
    for (const task of site.tasks.running()) if (task.node === this.#name) site.tasks.kill(task.upid);
    this.#world.setPower(this.#name, false);
    if (site.clusterName === undefined) return;
    this.#at(AFTER.linkDown, () => this.#linkDown());
    this.#at(AFTER.tokenLost, () => this.#tokenLost());
    this.#at(MEMBERSHIP_DELAY_MS, () => this.#membership());
    if (site.haMaster === undefined) return;
    this.#at(AFTER.nodeUnknown, () =>
      this.#crm(`node '${this.#name}': state changed from 'online' => 'unknown'`),
    );
    this.#at(AFTER.fence, () => this.#fence());
    this.#at(AFTER.fenced, () => this.#fenced());
  }

  /** Runs a step unless the node is back by then. */
  #at(ms: number, step: () => void): void {
    const diedAt = this.#site.node(this.#name).diedAt;
    this.#site.context.clock.schedule(this.#site.now() + ms, () => {
      if (this.#site.node(this.#name).diedAt === diedAt) step();
    });
  }

  #everyone(daemon: string, pri: number, text: string): void {
    for (const node of aliveNodes(this.#site)) this.#site.daemonLog(node, daemon, pri, text);
  }

  #linkDown(): void {
    this.#everyone('corosync', PRI.info, `  [KNET  ] link: host: ${this.#nodeid} link: 0 is down`);
    this.#everyone(
      'corosync',
      PRI.info,
      `  [KNET  ] host: host: ${this.#nodeid} (passive) best link: 0 (pri: 1)`,
    );
    this.#everyone('corosync', PRI.warning, `  [KNET  ] host: host: ${this.#nodeid} has no active links`);
  }

  #tokenLost(): void {
    this.#everyone(
      'corosync',
      PRI.notice,
      '  [TOTEM ] A processor failed, forming new configuration: token timed out (3650ms), waiting 4380ms for consensus.',
    );
  }

  #membership(): void {
    const site = this.#site;
    const members = aliveNodes(site);
    const quorate = site.isQuorate();
    for (const node of members) {
      site.daemonLog(
        node,
        'corosync',
        PRI.notice,
        `  [TOTEM ] A new membership (1.${ring(site)}) was formed. Members left: ${this.#nodeid}`,
      );
      if (quorate)
        site.daemonLog(
          node,
          'corosync',
          PRI.notice,
          `  [QUORUM] Members[${members.length}]: ${idsOf(site, members)}`,
        );
      else {
        site.daemonLog(
          node,
          'corosync',
          PRI.notice,
          '  [QUORUM] This node is within the non-primary component and will NOT provide any services.',
        );
        site.daemonLog(node, 'pmxcfs', PRI.notice, '[status] notice: node lost quorum');
      }
      const pids = members
        .map((m) => `${site.node(m).nodeid}/${site.node(m).daemons['pmxcfs'] ?? 1}`)
        .join(', ');
      site.daemonLog(node, 'pmxcfs', PRI.notice, `[status] notice: members: ${pids}`);
    }
  }

  #crm(text: string, pri: number = PRI.info): void {
    const site = this.#site;
    if (!site.isQuorate()) return;
    if (site.haMaster === undefined || !site.isAlive(site.haMaster)) {
      const [next] = aliveNodes(site);
      if (next === undefined) return;
      site.haMaster = next;
      site.daemonLog(next, 'pve-ha-crm', PRI.info, "successfully acquired lock 'ha_manager_lock'");
      site.daemonLog(next, 'pve-ha-crm', PRI.info, 'status change slave => master');
    }
    site.daemonLog(site.haMaster, 'pve-ha-crm', pri, text);
  }

  #services(): LabHaService[] {
    return [...this.#site.ha.values()].filter((s) => s.node === this.#name && s.requestState === 'started');
  }

  #notify(phase: 'try' | 'done', state: string): void {
    const site = this.#site;
    const master = site.haMaster;
    if (master === undefined) return;
    site.notify(master, {
      type: 'fencing',
      severity: 'error',
      timestamp: site.seconds(),
      // The failed node's name: the sender is another one.
      fields: { type: 'fencing', hostname: this.#name },
      ...renderFencing({
        phase,
        node: this.#name,
        cluster: site.clusterName ?? '',
        at: site.now(),
        nodes: [...site.nodes.keys()].map((n) => ({
          name: n,
          state: n === this.#name ? state : site.isAlive(n) ? 'online' : 'unknown',
          isMaster: n === master,
        })),
        services: [...site.ha.values()],
      }),
    });
  }

  #fence(): void {
    if (!this.#site.isQuorate()) return;
    for (const service of this.#services()) {
      this.#crm(`service '${service.sid}': state changed from '${service.state}' to 'fence'`);
      service.state = 'fence';
    }
    this.#crm(`node '${this.#name}': state changed from 'unknown' => 'fence'`);
    this.#notify('try', 'fence');
  }

  #fenced(): void {
    const site = this.#site;
    if (!site.isQuorate()) return;
    this.#crm(`successfully acquired lock 'ha_agent_${this.#name}_lock'`);
    this.#crm(`fencing: acknowledged - got agent lock for node '${this.#name}'`);
    this.#crm(`node '${this.#name}': state changed from 'fence' => 'unknown'`);
    this.#notify('done', 'unknown');
    const targets = aliveNodes(site);
    for (const [index, service] of this.#services().entries()) {
      const target = targets[index % targets.length];
      if (target === undefined) continue;
      this.#crm(`service '${service.sid}': state changed from 'fence' to 'recovery'`);
      this.#crm(`recover service '${service.sid}' from fenced node '${this.#name}' to node '${target}'`);
      this.#crm(`service '${service.sid}': state changed from 'recovery' to 'started'  (node = ${target})`);
      service.state = 'started';
      service.node = target;
      this.#moveGuest(service.vmid, target);
    }
  }

  /** The config file moves; the guest is not running until the target's HA agent starts it. */
  #moveGuest(vmid: number, target: string): void {
    const site = this.#site;
    const guest = site.guest(vmid);
    guest.node = target;
    guest.status = 'stopped';
    guest.paused = false;
    delete guest.startedAt;
    delete guest.pid;
    delete guest.lock;
    site.context.clock.schedule(site.now() + AFTER.restart - AFTER.fenced, () => {
      const kind = guest.kind === 'qemu' ? 'vm' : 'ct';
      site.daemonLog(target, 'pve-ha-lrm', PRI.info, `starting service ${kind}:${vmid}`);
      startGuest(site, vmid, { user: 'root@pam', byHa: true });
      site.daemonLog(target, 'pve-ha-lrm', PRI.info, `service status ${kind}:${vmid} started`);
    });
  }
}
