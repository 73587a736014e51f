import { parseArgs } from 'node:util';
import { createCorrelator } from '@proxmox-mcp/state';
import { UsageError, type Command } from '../command.ts';
import { describeGroups } from '../scenario/describe-groups.ts';
import { hearInputs } from '../scenario/hear-inputs.ts';
import { readScenario } from '../scenario/scenario.ts';
import { READERS } from './normalize.ts';

/** What the product makes of several inputs together. */
export const correlate: Command = {
  name: 'correlate',
  usage: 'SCENARIO.json',
  summary:
    'reads the inputs of a scenario in their order and prints as JSON which of them tell of one happening',
  async run({ args, print }) {
    const { positionals } = parseArgs({ args: [...args], allowPositionals: true });
    const [file] = positionals;
    if (file === undefined) throw new UsageError('SCENARIO.json is missing');
    const scenario = readScenario(file);
    const heard = await hearInputs(scenario, READERS);
    const correlator = createCorrelator(scenario.inventory.sources);
    try {
      for (const event of heard.flat()) correlator.add(event);
      print(JSON.stringify(describeGroups(heard, correlator.facts()), undefined, 2));
    } finally {
      correlator.close();
    }
    return 0;
  },
};
