export { normalizeInput } from './normalize-input.ts';
export type { NormalizeInputOptions } from './normalize-input.ts';
