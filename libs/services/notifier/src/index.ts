export { notifier } from './notifier.ts';
export { NotifierConfig, enabledChannels } from './config.ts';
export { CHANNELS } from './channels/index.ts';
export { ChannelError, defineChannel } from './channels/channel.ts';
export type { Channel, ChannelDefinition, ChannelTools, Sent } from './channels/channel.ts';
export { renderIncident } from './stages/render.ts';
export type { Rendered, RenderOptions } from './stages/render.ts';
