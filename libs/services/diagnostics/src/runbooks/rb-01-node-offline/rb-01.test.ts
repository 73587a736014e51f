import { runbookContract } from '../../testing/runbook-cases.ts';
import { rb01NodeOffline } from './runbook.ts';

describe('RB-01 node offline', () => {
  runbookContract(rb01NodeOffline, import.meta.url);
});
