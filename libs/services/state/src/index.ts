export { state } from './service.ts';
