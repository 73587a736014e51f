import { startOneProcess } from '../product/one-process.ts';
import { describeFirstMinute } from './first-minute.ts';

describeFirstMinute('in one process', () => startOneProcess());
