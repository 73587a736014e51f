import { jestVerdict, type AcceptancePoint } from '@proxmox-mcp/acceptance-runner';

/** Random sequences: nothing stays open without a live condition, ends by missing data, or is told to be over to whom it was not told. */
export const point: AcceptancePoint = {
  accept: () =>
    jestVerdict('libs/services/state/src/incidents/life', 'libs/services/notifier/src/lines/lifecycle'),
};
