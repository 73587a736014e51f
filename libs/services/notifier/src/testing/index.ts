export { describeChannel, describeChannelSettings } from './channel-contract.ts';
export type { ChannelCase } from './channel-contract.ts';
export { openFarEnd } from './far-end.ts';
export type { FarAnswer, FarEnd, FarRequest } from './far-end.ts';
export { sampleIncident, sampleNotification, sampleResolved } from './samples.ts';
export { runNotifier, until } from './run-notifier.ts';
