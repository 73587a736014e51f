import { parseArgs } from 'node:util';
import { readEnvironment } from '@proxmox-mcp/config';
import type { Command } from '../command.ts';
import { eventLine, StreamedEvent } from '../event-line.ts';
import { askGateway, gatewayAddress, GATEWAY_OPTIONS, GATEWAY_USAGE } from '../gateway-client.ts';
import { readSse } from '../sse.ts';

/** Live events, one line each. */
export const tail: Command = {
  name: 'tail',
  usage: `[--type GLOB] [--severity MIN] [--json] ${GATEWAY_USAGE}`,
  summary: 'shows events as they happen',
  async run({ args, env, print, complain, signal }) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...GATEWAY_OPTIONS,
        type: { type: 'string' },
        severity: { type: 'string' },
        json: { type: 'boolean' },
      },
    });
    const address = gatewayAddress(values, readEnvironment(env));
    const query = new URLSearchParams();
    if (values.type !== undefined) query.set('types', values.type);
    if (values.severity !== undefined) query.set('severity', values.severity);
    const answer = await askGateway(address, `/api/v1/events/stream?${query.toString()}`, { signal });
    if (answer.body === null) return 1;
    for await (const { event: kind, data } of readSse(answer.body)) {
      if (kind === 'gap') complain('some events in between are not kept any more');
      if (kind !== undefined) continue;
      const event = StreamedEvent.safeParse(JSON.parse(data));
      if (event.success) print(values.json === true ? data : eventLine(event.data));
    }
    return 0;
  },
};
