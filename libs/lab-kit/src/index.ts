export { createLab } from './lab.ts';
export type { Lab, LabAddress, LabOptions } from './lab.ts';
export { createRunningClock, createSteppedClock } from './world/clock.ts';
export type { SteppedClock, WorldClock } from './world/clock.ts';
export type {
  LabListener,
  LabNotification,
  LabNotificationSeverity,
  LabOrigin,
  LabSyslogLine,
} from './world/listener.ts';
export { LAB_SECRETS } from './world/populate.ts';
export { PBS_SECRETS } from './world/populate-pbs.ts';
