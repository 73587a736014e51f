export { ACTIVITY_FAMILIES, CONDITION_TYPES, OUTCOMES, activityOf, isKnownType } from './taxonomy.ts';
export type { ActivityFamily, ConditionType, Outcome } from './taxonomy.ts';
export { raisedBySource, severityOf, severityOfSource } from './severity.ts';
export { titleOf } from './title.ts';
export { oneLine, parseDuration, parseSize, stripControls } from './text.ts';
