const MASK = '***';

/**
 * Patterns of secrets in raw inputs. Each is linear: one bounded run of characters after a fixed word. What they keep
 * (group 1) tells the reader what was there.
 */
const SECRETS: readonly RegExp[] = [
  /(\bauthorization"?\s{0,4}[:=]\s{0,4}"?\s{0,4}(?:bearer|basic|token)\s{1,4})[^\s",;]{1,4096}/gi,
  /(\bP(?:VE|BS)APIToken[= ][^\s=:!]{1,200}![^\s=:]{1,200}[=:])[^\s",;]{1,200}/g,
  /(\b(?:PVEAuthCookie|(?:__Host-)?PBSAuthCookie|CSRFPreventionToken)"?\s{0,4}[:=]\s{0,4}"?)[^\s",;]{1,4096}/g,
  /(\b(?:x-gotify-key|x-proxmox-token|x-api-key|x-webhook-token)"?\s{0,4}[:=]\s{0,4}"?)[^\s",;]{1,4096}/gi,
  /(\b(?:password|passwd|cipassword|secret|api_?key|access_?token|client_?token|app_?token|token)"?\s{0,4}[:=]\s{0,4}"?)[^\s",;&]{1,4096}/gi,
  /(\/api\/webhooks\/\d{1,25}\/)[A-Za-z0-9_-]{1,200}/g,
  /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----)[^-]{1,20000}/g,
];

/** Replaces what looks like a secret by `***`. For raw inputs before they are kept anywhere. Linear in the input. */
export function redact(text: string): string {
  let out = text;
  for (const pattern of SECRETS) out = out.replace(pattern, `$1${MASK}`);
  return out;
}
