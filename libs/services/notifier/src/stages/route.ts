import { compareSeverity, matches, type Incident } from '@proxmox-mcp/schemas';
import type { Digest, LadderStep, Route } from '../policy/notify-file.ts';
import type { Policy } from '../policy/policy.ts';
import { isWithin } from '../policy/time-window.ts';
import { type Outcome, pass, suppress } from './stage.ts';

/** Who is told by one route. */
export interface Target {
  /** Name of the route; `default` where none fits. */
  readonly route: string;
  /** Channels that are on, to be told first. */
  readonly channels: readonly string[];
  readonly ladder: readonly LadderStep[];
  readonly digest?: Digest | undefined;
  readonly preset?: string | undefined;
  /** The route or one above it asks for severities, so NOTIFY_MIN_SEVERITY is not asked. */
  readonly asksSeverity: boolean;
}

/**
 * The routes that an incident takes, at least one.
 *
 * @param at milliseconds since the epoch; `any-time` takes every route for there at its time.
 */
export function routeIncident(incident: Incident, policy: Policy, at: number | 'any-time'): Target[] {
  const question = { incident, policy, at };
  const above = defaultTarget(policy);
  const found = descend(policy.file.routes, above, question);
  return takesAll(policy.file.routes, question) ? found : [...found, above];
}

/** The route of a name, as it is now; `undefined` when the file has it no more. */
export function targetNamed(incident: Incident, policy: Policy, name: string): Target | undefined {
  return routeIncident(incident, policy, 'any-time').find((target) => target.route === name);
}

/** Whether the incident is bad enough to be told by a route. */
export function routeSeverity(incident: Incident, target: Target, policy: Policy): Outcome {
  if (target.channels.length === 0) return suppress('no-route', target.route);
  const isMild = compareSeverity(incident.severity, policy.minSeverity) < 0;
  return isMild && !target.asksSeverity
    ? suppress('below-min-severity', `${incident.severity} is milder than ${policy.minSeverity}`)
    : pass('matched', target.route);
}

/** Every channel that an incident's routes may tell, at any time and at any step. */
export function channelsEver(incident: Incident, policy: Policy): ReadonlySet<string> {
  const targets = routeIncident(incident, policy, 'any-time');
  const named = targets.flatMap(({ channels, ladder }) => [
    ...channels,
    ...ladder.flatMap((step) => step.channels),
  ]);
  return new Set(named.filter((name) => policy.channels.includes(name)));
}

function defaultTarget({ channels }: Policy): Target {
  return { route: 'default', channels, ladder: [], asksSeverity: false };
}

interface Question {
  readonly incident: Incident;
  readonly policy: Policy;
  readonly at: number | 'any-time';
}

function descend(routes: readonly Route[], above: Target, question: Question): Target[] {
  const found: Target[] = [];
  for (const route of routes) {
    if (!fits(route, question)) continue;
    const own = extend(above, route, question.policy);
    found.push(...descend(route.routes, own, question));
    if (!takesAll(route.routes, question)) found.push(own);
    if (!route.continue && isCertain(route, question)) break;
  }
  return found;
}

/** Whether one of the routes takes the incident for certain, so that the one above is not asked. */
function takesAll(routes: readonly Route[], question: Question): boolean {
  return routes.some((route) => fits(route, question) && isCertain(route, question));
}

function fits({ match, when }: Route, { incident, policy, at }: Question): boolean {
  if (!matches(match, incident)) return false;
  return when === undefined || at === 'any-time' || isWithin(when, at, policy.file.timezone);
}

/** At any time a route with hours leaves its place to others too. */
function isCertain({ when }: Route, { at }: Question): boolean {
  return at !== 'any-time' || when === undefined;
}

/** What a route does not say is as in the route above. */
function extend(above: Target, route: Route, policy: Policy): Target {
  const { minSeverity, maxSeverity } = route.match;
  return {
    route: route.name,
    channels: route.channels === undefined ? above.channels : whoIsOn(route.channels, policy),
    ladder: route.ladder ?? above.ladder,
    digest: route.digest ?? above.digest,
    preset: route.preset ?? above.preset,
    asksSeverity: above.asksSeverity || minSeverity !== undefined || maxSeverity !== undefined,
  };
}

/** Nobody misses a message because the only channel of a route is off: then those tell it that are on. */
function whoIsOn(wanted: readonly string[], { channels }: Policy): readonly string[] {
  const on = wanted.filter((name) => channels.includes(name));
  return on.length === 0 && wanted.length > 0 ? channels : on;
}
