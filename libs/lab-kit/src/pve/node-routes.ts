import { noise } from '../world/random.ts';
import { ceph } from './cluster-routes.ts';
import type { Call, Routes } from './call.ts';
import { nodeLoad, nodeResource } from './views.ts';

const KERNEL = 'Linux 6.17.9-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.9-1 (2026-10-12T09:00Z)';
const SWAP = 8 * 1024 ** 3;

function status(call: Call): unknown {
  const node = call.node();
  const load = nodeLoad(call.site, node);
  const busy = load.cpu * node.maxcpu;
  return {
    'boot-info': { mode: 'efi', secureboot: 0 },
    cpu: load.cpu,
    cpuinfo: {
      cores: node.maxcpu / 2,
      cpus: node.maxcpu,
      family: '25',
      flags: 'fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat svm',
      hvm: '1',
      mhz: '2445.404',
      model: 'AMD EPYC 7313P 16-Core Processor',
      sockets: 1,
      user_hz: 100,
      vendor: 'AuthenticAMD',
    },
    'current-kernel': {
      machine: 'x86_64',
      release: '6.17.9-1-pve',
      sysname: 'Linux',
      version: KERNEL.slice(KERNEL.indexOf('#')),
    },
    idle: 0,
    ksm: { shared: 0 },
    kversion: KERNEL,
    loadavg: [busy, busy * 0.9, busy * 0.8].map((n) => n.toFixed(2)),
    memory: {
      available: node.maxmem - load.mem,
      free: Math.round((node.maxmem - load.mem) * 0.6),
      total: node.maxmem,
      used: load.mem,
    },
    pveversion: `pve-manager/${node.version}/14a22df35955d97d`,
    rootfs: {
      avail: node.rootTotal - node.rootUsed,
      free: node.rootTotal - node.rootUsed,
      total: node.rootTotal,
      used: node.rootUsed,
    },
    swap: { free: SWAP, total: SWAP, used: 0 },
    uptime: load.uptime,
    wait: 0,
  };
}

function rrd(call: Call): unknown {
  const node = call.node();
  const step =
    { hour: 60, day: 1_800, week: 10_800, month: 43_200, year: 604_800, decade: 604_800 }[
      call.text('timeframe') ?? 'hour'
    ] ?? 60;
  const end = Math.floor(call.site.seconds() / step) * step;
  return Array.from({ length: 70 }, (_, i) => {
    const time = end - (69 - i) * step;
    if (time < node.bootedAt) return { time };
    const n = noise(`${node.name}:${time}`);
    return {
      time,
      cpu: 0.02 + n * 0.1,
      maxcpu: node.maxcpu,
      memused: node.maxmem * (0.4 + n * 0.05),
      memtotal: node.maxmem,
      loadavg: n * 2,
      roottotal: node.rootTotal,
      rootused: node.rootUsed,
      netin: n * 90_000,
      netout: n * 40_000,
      iowait: n * 0.01,
      memavailable: node.maxmem * (0.6 - n * 0.05),
      arcsize: 0,
      swaptotal: SWAP,
      swapused: 0,
      pressurecpusome: n * 3,
      pressureiosome: n * 2,
      pressureiofull: n,
      pressurememorysome: 0,
      pressurememoryfull: 0,
    };
  });
}

/** One node: status, time, network. */
export const nodeRoutes: Routes = {
  'GET /nodes': (call) =>
    [...call.site.nodes.values()].map((n) => ({
      ...nodeResource(call.site, n, call.has(`/nodes/${n.name}`, 'Sys.Audit')),
      ssl_fingerprint: n.fingerprint,
    })),
  'GET /nodes/{node}/status': status,
  'GET /nodes/{node}/version': () => ({ version: '9.2.11', release: '9.2', repoid: '14a22df35955d97d' }),
  'GET /nodes/{node}/time': (call) => ({
    time: call.site.seconds(),
    localtime: call.site.seconds(),
    timezone: 'Etc/UTC',
  }),
  'GET /nodes/{node}/dns': (call) => ({ search: call.site.domain, dns1: '192.0.2.53' }),
  'GET /nodes/{node}/config': () => ({}),
  'GET /nodes/{node}/network': (call) => [
    {
      iface: 'vmbr0',
      type: 'bridge',
      method: 'static',
      method6: 'manual',
      address: call.node().ip,
      cidr: `${call.node().ip}/24`,
      netmask: '24',
      gateway: '192.0.2.1',
      bridge_ports: 'eno1',
      bridge_stp: 'off',
      bridge_fd: '0',
      autostart: 1,
      active: 1,
      priority: 4,
      families: ['inet'],
    },
    {
      iface: 'eno1',
      type: 'eth',
      method: 'manual',
      method6: 'manual',
      active: 1,
      exists: 1,
      priority: 3,
      families: ['inet'],
    },
  ],
  'GET /nodes/{node}/ceph/status': ceph,
  'GET /nodes/{node}/rrddata': rrd,
};
