export { SERVICES } from './services.ts';
