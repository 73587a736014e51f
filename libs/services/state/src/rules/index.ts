import { guestDown } from './guest-down/rule.ts';
import { nodeOffline } from './node-offline/rule.ts';
import { quorumLost } from './quorum-lost/rule.ts';
import type { Rule } from './rule.ts';
import { rulesFile } from './settings.ts';
import { storageUsage } from './storage-usage/rule.ts';

/** Every rule there is. Adding one is a folder and a line here. */
export const RULES: readonly [Rule, ...Rule[]] = [guestDown, nodeOffline, quorumLost, storageUsage];

const [first, ...others] = RULES;
/** What `config/rules.yaml` may hold. */
export const RulesYaml = rulesFile([first.name, ...others.map(({ name }) => name)]);
