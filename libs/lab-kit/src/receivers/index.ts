export { startGotify } from './gotify.ts';
export type { GotifyApplication, GotifyMessage, GotifyOptions, GotifyReceiver } from './gotify.ts';
export { startDiscord } from './discord.ts';
export type { DiscordMessage, DiscordOptions, DiscordReceiver } from './discord.ts';
export { startNtfy } from './ntfy.ts';
export type { NtfyMessage, NtfyOptions, NtfyReceiver } from './ntfy.ts';
export { startWebhookSink } from './webhook-sink.ts';
export type { WebhookDelivery, WebhookSinkOptions } from './webhook-sink.ts';
export type { Receiver, ReceiverOptions } from './receiver.ts';
