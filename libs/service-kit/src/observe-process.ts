import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, type Registry } from 'prom-client';
import type { Metrics } from './metrics.ts';

const NANOS_PER_SECOND = 1e9;

/** Exports memory, CPU and event-loop delay, read when /metrics is asked and at no other time. @returns a function that stops. */
export function observeProcess(metrics: Metrics, registry: Registry): () => void {
  // 100 ms resolution: a finer one wakes an idle process ten times as often.
  const delay = monitorEventLoopDelay({ resolution: 100 });
  delay.enable();
  const memory = metrics.gauge('process_resident_memory_bytes', 'Memory the process holds');
  const cpu = metrics.gauge('process_cpu_seconds', 'CPU used since the process began');
  const lag = metrics.gauge(
    'process_event_loop_delay_p99_seconds',
    'Delay of the event loop since last asked, 99th percentile',
  );
  const uptime = new Gauge({
    name: 'process_uptime_seconds',
    help: 'Age of the process',
    labelNames: ['service'],
    registers: [registry],
    collect() {
      const { user, system } = process.cpuUsage();
      memory.set(process.memoryUsage.rss());
      cpu.set((user + system) / 1e6);
      lag.set(delay.percentile(99) / NANOS_PER_SECOND);
      delay.reset();
      this.set({ service: 'process' }, process.uptime());
    },
  });
  return () => {
    delay.disable();
    uptime.reset();
  };
}

/** Exports how much waits in this process for the bus to come back. */
export function observeOutbox(registry: Registry, size: () => number): void {
  new Gauge({
    name: 'bus_outbox_messages',
    help: 'Messages kept in this process until the bus is back',
    labelNames: ['service'],
    registers: [registry],
    collect() {
      this.set({ service: 'bus' }, size());
    },
  });
}
