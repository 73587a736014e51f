import type { Command } from '../command.ts';

/**
 * Every command there is, by its word. Each is loaded when it is asked for: `up` stays in memory beside the product, and should
 * not hold the libraries of the others.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  up: async () => (await import('./up.ts')).up,
  'test-connection': async () => (await import('./test-connection.ts')).testConnection,
  tail: async () => (await import('./tail.ts')).tail,
  history: async () => (await import('./history.ts')).history,
  routes: async () => (await import('./routes.ts')).routes,
  silence: async () => (await import('./silence.ts')).silence,
  maintenance: async () => (await import('./maintenance.ts')).maintenance,
  notify: async () => (await import('./notify.ts')).notify,
  replay: async () => (await import('./replay.ts')).replay,
  normalize: async () => (await import('./normalize.ts')).normalize,
  correlate: async () => (await import('./correlate.ts')).correlate,
  token: async () => (await import('./token.ts')).token,
  'setup-target': async () => (await import('./setup-target.ts')).setupTarget,
  stdio: async () => (await import('./stdio.ts')).stdio,
};
