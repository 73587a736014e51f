import { UsageError, type Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';

const [word = 'help', ...args] = process.argv.slice(2);
const told = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => told.abort());
// A reader that closes the pipe (`| head`) has seen enough.
process.stdout.on('error', () => told.abort());

// The predecessor's switch is understood as the command.
const name = word.replace(/^--(?=test-connection$|help$)/, '');
const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
if (load === undefined) {
  const known = name === 'help';
  (known ? console.log : console.error)(`${known ? '' : `unknown command: ${word}\n\n`}${await help()}`);
  process.exitCode = known ? 0 : 2;
} else {
  process.exitCode = await run(await load());
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
    const { SettingsError } = await import('@proxmox-mcp/config');
    return isUsage || err instanceof SettingsError ? 2 : 1;
  }
}

async function help(): Promise<string> {
  const commands = await Promise.all(Object.values(COMMANDS).map((command) => command()));
  const lines = commands.map(
    ({ name: word, usage, summary }) => `  ${`${word} ${usage}`.trim()}\n      ${summary}`,
  );
  return `proxmox-mcp COMMAND\n\n${lines.join('\n')}`;
}
