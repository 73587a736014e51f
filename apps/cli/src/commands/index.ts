import type { Command } from '../command.ts';
import { history } from './history.ts';
import { normalize } from './normalize.ts';
import { stdio } from './stdio.ts';
import { tail } from './tail.ts';
import { testConnection } from './test-connection.ts';
import { token } from './token.ts';
import { up } from './up.ts';

/** Every command there is. */
export const COMMANDS: readonly Command[] = [up, testConnection, tail, history, normalize, token, stdio];
