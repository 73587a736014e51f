export { generatedFiles } from './outputs.ts';
export type { GeneratedFile } from './outputs.ts';
