export { createLab } from './lab.ts';
export type { Lab, LabAddress, LabOptions } from './lab.ts';
export { makeCertificate } from './http/certificate.ts';
export type { ServerCertificate } from './http/certificate.ts';
export { createRunningClock, createSteppedClock } from './world/clock.ts';
export type { SteppedClock, WorldClock } from './world/clock.ts';
export type {
  LabListener,
  LabNotification,
  LabNotificationSeverity,
  LabOrigin,
  LabSyslogLine,
} from './world/listener.ts';
export { LAB_SECRETS } from './world/lab-users.ts';
export { PBS_SECRETS } from './world/populate-pbs.ts';
export { loadScenario, scenarioNames, ScenarioError } from './scenario/scenario.ts';
export type { ExpectedFact, ExpectedIncident, Scenario, ScenarioStep } from './scenario/scenario.ts';
export type { Playing } from './scenario/runner.ts';
export type { World } from './world/world.ts';
export type { PveSite } from './world/pve-site.ts';
export type { PbsSite } from './world/pbs-site.ts';
export type { LabTask } from './world/tasks.ts';
export { startDiscord, startGotify, startNtfy, startWebhookSink } from './receivers/index.ts';
export type {
  DiscordGateway,
  DiscordMessage,
  DiscordOptions,
  DiscordReceiver,
  GotifyApplication,
  GotifyMessage,
  GotifyOptions,
  GotifyReceiver,
  NtfyMessage,
  NtfyOptions,
  NtfyReceiver,
  Receiver,
  ReceiverOptions,
  WebhookDelivery,
  WebhookSinkOptions,
} from './receivers/index.ts';
export { startSenders } from './senders/index.ts';
export type {
  Audible,
  DiscordTarget,
  GotifyTarget,
  Senders,
  SenderTargets,
  SmtpTarget,
  SyslogTarget,
  SyslogTemplate,
  WebhookTarget,
} from './senders/index.ts';
export { DEMO_SCENARIO, startDemoLab } from './demo/demo-lab.ts';
export type { DemoLab, DemoOptions, DemoTargets } from './demo/demo-lab.ts';
