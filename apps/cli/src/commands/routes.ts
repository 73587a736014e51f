import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import { UsageError, type Command } from '../command.ts';
import { gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE, jsonAsker } from '../gateway-client.ts';
import { Explanation, explanationLines } from '../people/explanation-lines.ts';

/** Why an incident is told or not. */
export const routes: Command = {
  name: 'routes',
  usage: `test --incident ID [--at T] [--json] ${GATEWAY_USAGE}`,
  summary:
    'shows the stages that the message of an incident passes, who would be told when, and who was; T is ISO 8601 or 2h from now',
  async run({ args, env, print, signal }) {
    const [verb, ...rest] = args;
    if (verb !== 'test') throw new UsageError('expected test');
    const { values } = parseArgs({
      args: rest,
      options: {
        ...GATEWAY_OPTIONS,
        incident: { type: 'string' },
        at: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.incident === undefined)
      throw new UsageError('--incident is missing; `history incidents` shows their ids');
    const ask = jsonAsker(gatewayAddress(values, readEnvironment(env)), signal);
    const query = new URLSearchParams(values.at === undefined ? {} : { at: values.at });
    const path = `/api/v1/incidents/${encodeURIComponent(values.incident)}/explain?${query.toString()}`;
    const answer = await ask(path);
    if (values.json) print(JSON.stringify(answer, undefined, 2));
    else for (const line of explanationLines(Explanation.parse(answer))) print(line);
    return 0;
  },
};
