import type { Incident, Silence } from '@proxmox-mcp/schemas';
import type { Policy } from '../policy/policy.ts';
import { inhibit } from './inhibit.ts';
import { quietHours } from './quiet-hours.ts';
import { routeSeverity, type Target } from './route.ts';
import { silence } from './silence.ts';
import type { Outcome } from './stage.ts';

/** What the stages look at beside the incident. */
export interface Circumstances {
  readonly policy: Policy;
  readonly silences: readonly Silence[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What one stage said. */
export interface StageStep {
  readonly stage: string;
  readonly outcome: Outcome;
}

/** What is to be told: an opening, one whose digest time has come, an end. */
export type Occasion = 'opening' | 'due' | 'end';

/**
 * Asks the stages that need nothing but the incident, the policy and the time, in their order; the first that does not let it pass
 * is the last. Pure.
 */
export function decide(
  incident: Incident,
  target: Target,
  { policy, silences, now }: Circumstances,
  occasion: Occasion = 'opening',
): { readonly steps: readonly StageStep[]; readonly end: Outcome } {
  // An end is owed wherever the opening was sent: only the hour can make it wait.
  const digest = occasion === 'due' ? undefined : target.digest;
  const quiet = () => quietHours(incident, digest, { file: policy.file, now });
  const stages: readonly (readonly [string, () => Outcome])[] =
    occasion === 'end'
      ? [['quiet-hours', quiet]]
      : [
          ['route', () => routeSeverity(incident, target, policy)],
          ['inhibit', () => inhibit(incident)],
          ['silence', () => silence(incident, silences, now)],
          ['quiet-hours', quiet],
        ];
  const steps: StageStep[] = [];
  for (const [stage, ask] of stages) {
    const outcome = ask();
    steps.push({ stage, outcome });
    if (outcome.kind !== 'pass') return { steps, end: outcome };
  }
  return { steps, end: steps.at(-1)?.outcome ?? { kind: 'pass', reason: 'matched' } };
}
