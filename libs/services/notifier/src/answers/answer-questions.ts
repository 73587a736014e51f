import type { Bus, Consumer, KeyValue } from '@proxmox-mcp/bus';
import { requests } from '@proxmox-mcp/schemas';
import type { TellTools } from '../lines/tell.ts';
import type { Silences } from '../silences.ts';
import type { SettlePolicy } from '../stages/group.ts';
import { answerExplain } from './explain.ts';
import { answerPreview } from './preview.ts';
import { answerRedrive } from './redrive.ts';
import { answerSilence } from './silence.ts';

const GROUP = 'notifier';

/** Answers what others ask of the notifier. Questions come from outside this process and are checked by each answer. */
export async function answerQuestions(
  bus: Bus,
  tools: TellTools & {
    readonly silences: Silences;
    readonly settle: SettlePolicy;
    readonly allIncidents: Pick<KeyValue, 'list'>;
  },
): Promise<Consumer[]> {
  const { silences, now, allIncidents: incidents } = tools;
  return [
    await bus.answer(requests.silence, GROUP, (question) =>
      answerSilence({ silences, incidents, now }, question),
    ),
    await bus.answer(requests.explain, GROUP, (question) => answerExplain(tools, question)),
    await bus.answer(requests.preview, GROUP, (question) => answerPreview(tools, question)),
    await bus.answer(requests.redrive, GROUP, (question) => answerRedrive({ ...tools, bus }, question)),
  ];
}
