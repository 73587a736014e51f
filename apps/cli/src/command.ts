import type { Environment } from '@proxmox-mcp/config';

/** What a command may use from outside. */
export interface CommandContext {
  readonly args: readonly string[];
  readonly env: Environment;
  /** One line on standard output. */
  readonly print: (line: string) => void;
  /** One line on standard error. */
  readonly complain: (line: string) => void;
  /** Aborts when the process is told to stop. */
  readonly signal: AbortSignal;
}

/** One word of the `proxmox-mcp` command. */
export interface Command {
  readonly name: string;
  /** Arguments, as the help shows them. */
  readonly usage: string;
  readonly summary: string;
  /** @returns the exit code. @throws {UsageError} the arguments are wrong. */
  run(context: CommandContext): Promise<number>;
}

/** The arguments cannot be used; the message says what is expected. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
