import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import * as z from 'zod';
import { UsageError, type Command } from '../command.ts';
import { gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE, jsonAsker } from '../gateway-client.ts';
import { terminalLine, terminalText } from '../terminal-text.ts';
import { Words } from '../words.ts';

const Messages = z.looseObject({
  items: z.array(z.looseObject({ channel: z.string(), title: Words, body: Words })),
});

/** Messages as they would be sent. */
export const notify: Command = {
  name: 'notify',
  usage: `preview --incident ID [--channel C] [--preset compact|full|custom] [--resolved] [--json] ${GATEWAY_USAGE}`,
  summary: 'shows the message about an incident as each channel would be sent it; sends nothing',
  async run({ args, env, print, signal }) {
    const [verb, ...rest] = args;
    if (verb !== 'preview') throw new UsageError('expected preview');
    const { values } = parseArgs({
      args: rest,
      options: {
        ...GATEWAY_OPTIONS,
        incident: { type: 'string' },
        channel: { type: 'string' },
        preset: { type: 'string' },
        resolved: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
      },
    });
    const { incident, channel, preset, resolved, json } = values;
    if (incident === undefined)
      throw new UsageError('--incident is missing; `history incidents` shows their ids');
    const query = new URLSearchParams({
      incident,
      ...(channel === undefined ? {} : { channel }),
      ...(preset === undefined ? {} : { preset }),
      ...(resolved ? { kind: 'resolved' } : {}),
    });
    const ask = jsonAsker(gatewayAddress(values, readEnvironment(env)), signal);
    const answer = await ask(`/api/v1/notifications/preview?${query.toString()}`);
    if (json) print(JSON.stringify(answer, undefined, 2));
    else
      for (const { channel: name, title, body } of Messages.parse(answer).items) {
        print(terminalLine(`${name}: ${title}`));
        for (const line of terminalText(body).split('\n')) print(`    ${line}`);
      }
    return 0;
  },
};
