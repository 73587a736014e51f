export { state } from './service.ts';
export { correlateEvents } from './correlate.ts';
