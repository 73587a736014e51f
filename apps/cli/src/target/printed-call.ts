import type { MatcherSettings, WebhookSettings } from '@proxmox-mcp/proxmox-client';

/** A call about a webhook for `--dry-run`: what goes out as base64 is shown in plain text, and of secrets only the names. */
export function printedWebhook(
  method: string,
  path: string,
  settings: WebhookSettings & { readonly name?: string },
): string[] {
  const { body, headers = {}, secrets = {}, ...plain } = settings;
  return [
    `${method} ${path}`,
    ...plainLines(plain),
    ...Object.entries(headers).map(([name, value]) => `  header name=${name},value=base64(${value})`),
    ...(body === undefined ? [] : [`  body base64(${body})`]),
    ...Object.keys(secrets).map((name) => `  secret name=${name},value=***`),
  ];
}

/** A call about a matcher, for `--dry-run`. */
export function printedMatcher(
  method: string,
  path: string,
  settings: Partial<MatcherSettings> & { readonly name?: string },
): string[] {
  const { targets = [], ...plain } = settings;
  return [`${method} ${path}`, ...plainLines(plain), ...targets.map((target) => `  target ${target}`)];
}

function plainLines(plain: object): string[] {
  const entries: [string, unknown][] = Object.entries(plain);
  return entries
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `  ${key} ${String(value)}`);
}
