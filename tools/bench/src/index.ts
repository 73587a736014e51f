export { atLeast, below, percentile, plain, print, printMachine, type Figure } from './figure.ts';
