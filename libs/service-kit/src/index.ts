export { defineService } from './service.ts';
export type { Service, ServiceContext, ServiceDefinition } from './service.ts';
export { createMetrics } from './metrics.ts';
export type { CounterHandle, GaugeHandle, HistogramHandle, Metrics } from './metrics.ts';
export type { Logger } from 'pino';
