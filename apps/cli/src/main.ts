import { SettingsError } from '@proxmox-mcp/config';
import { UsageError, type Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';

const [word = 'help', ...args] = process.argv.slice(2);
const told = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.abort());
// A reader that closes the pipe (`| head`) has seen enough.
process.stdout.on('error', () => told.abort());

// The predecessor's switch is understood as the command.
const name = word.replace(/^--(?=test-connection$|help$)/, '');
const command = COMMANDS.find((candidate) => candidate.name === name);
if (command === undefined) {
  const known = name === 'help';
  (known ? console.log : console.error)(`${known ? '' : `unknown command: ${word}\n\n`}${help()}`);
  process.exitCode = known ? 0 : 2;
} else {
  process.exitCode = await run(command);
}

async function run(chosen: Command): Promise<number> {
  try {
    return await chosen.run({
      args,
      env: process.env,
      print: (line) => console.log(line),
      complain: (line) => console.error(line),
      signal: told.signal,
    });
  } catch (err) {
    if (told.signal.aborted) return 0;
    const isUsage = err instanceof UsageError || (err instanceof TypeError && 'code' in err);
    console.error(err instanceof Error ? err.message : String(err));
    if (isUsage) console.error(`usage: proxmox-mcp ${chosen.name} ${chosen.usage}`);
    return isUsage || err instanceof SettingsError ? 2 : 1;
  }
}

function help(): string {
  const lines = COMMANDS.map(
    ({ name: word, usage, summary }) => `  ${`${word} ${usage}`.trim()}\n      ${summary}`,
  );
  return `proxmox-mcp COMMAND\n\n${lines.join('\n')}`;
}
