import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import { createToken, listTokens, revokeToken, TokenFileError } from '@proxmox-mcp/mcp-gateway';
import { UsageError, type Command } from '../command.ts';

/** Tokens of the gateway; a running one sees changes at once. */
export const token: Command = {
  name: 'token',
  usage: 'create --name N --scope read[,operate…] [--if-none] | list | revoke NAME',
  summary: 'makes, lists and revokes gateway tokens; a secret is shown once and stored hashed',
  async run({ args, env, print }) {
    const [verb, ...rest] = args;
    const settings = readEnvironment(env);
    const file = settings['GATEWAY_TOKENS_FILE'] ?? join(settings['DATA_DIR'] ?? './data', 'tokens.json');
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    try {
      switch (verb) {
        case 'create':
          return await create(file, rest, print);
        case 'list':
          return await list(file, print);
        case 'revoke':
          return await revoke(file, rest, print);
        default:
          throw new UsageError('expected create, list or revoke');
      }
    } catch (err) {
      if (err instanceof TokenFileError) throw new UsageError(err.message, { cause: err });
      throw err;
    }
  },
};

async function create(file: string, args: string[], print: (line: string) => void): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      name: { type: 'string' },
      scope: { type: 'string', default: 'read' },
      // For start scripts: the first start makes a token, later ones leave it alone.
      'if-none': { type: 'boolean' },
    },
  });
  if (values.name === undefined) throw new UsageError('--name is missing');
  if (values['if-none'] === true && (await listTokens(file)).length > 0) return 0;
  const scopes = values.scope.split(',').map((scope) => scope.trim());
  const { secret } = await createToken(file, { name: values.name, scopes });
  print(`Token: ${secret}`);
  return 0;
}

async function list(file: string, print: (line: string) => void): Promise<number> {
  for (const { name, scopes, created, lastUsed } of await listTokens(file)) {
    print(
      `${name}  ${scopes.join(',')}  created ${created}  ${lastUsed === undefined ? 'never used' : `last used ${lastUsed}`}`,
    );
  }
  return 0;
}

async function revoke(file: string, args: string[], print: (line: string) => void): Promise<number> {
  const [name] = args;
  if (name === undefined) throw new UsageError('which token? `token list` shows their names');
  const gone = await revokeToken(file, name);
  print(gone ? `revoked ${name}` : `there is no token named ${name}`);
  return gone ? 0 : 1;
}
