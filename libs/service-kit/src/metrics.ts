import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** A labelled counter of one service. */
export interface CounterHandle {
  inc(labels?: Record<string, string>, by?: number): void;
}
/** A labelled gauge of one service. */
export interface GaugeHandle {
  set(value: number, labels?: Record<string, string>): void;
}
/** A labelled histogram of one service, in base units. */
export interface HistogramHandle {
  observe(value: number, labels?: Record<string, string>): void;
}

/**
 * Metrics of one service. The same name from two services of one process is one metric with the label `service`: two
 * registries in one process would make /metrics invalid. Labels come from small fixed sets, never ids or messages.
 */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): CounterHandle;
  gauge(name: string, help: string, labels?: readonly string[]): GaugeHandle;
  histogram(
    name: string,
    help: string,
    buckets: readonly number[],
    labels?: readonly string[],
  ): HistogramHandle;
}

/** Makes the metrics of one service on the process's one registry. */
export function createMetrics(registry: Registry, service: string): Metrics {
  // prom-client types getSingleMetric as a union without the constructor's label names; the first registration fixed the kind.
  const find = (name: string) => registry.getSingleMetric(name) as never;
  return {
    counter(name, help, labels = []) {
      const metric: Counter =
        find(name) ?? new Counter({ name, help, labelNames: ['service', ...labels], registers: [registry] });
      return { inc: (values = {}, by = 1) => metric.inc({ service, ...values }, by) };
    },
    gauge(name, help, labels = []) {
      const metric: Gauge =
        find(name) ?? new Gauge({ name, help, labelNames: ['service', ...labels], registers: [registry] });
      return { set: (value, values = {}) => metric.set({ service, ...values }, value) };
    },
    histogram(name, help, buckets, labels = []) {
      const metric: Histogram =
        find(name) ??
        new Histogram({
          name,
          help,
          buckets: [...buckets],
          labelNames: ['service', ...labels],
          registers: [registry],
        });
      return { observe: (value, values = {}) => metric.observe({ service, ...values }, value) };
    },
  };
}
