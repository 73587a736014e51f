export { createFakePve } from './fake-pve.ts';
export type { FakePve } from './fake-pve.ts';
