const GONE = '[redacted]';

/** Keys whose values are secrets whatever they look like. */
const SECRET_KEY =
  /^(?:.*password|passwd|.*secret|.*secret[-_]?key|.*token[-_]?value|ticket|pveauthcookie|pbsauthcookie|csrfpreventiontoken|.*private[-_]?key|.*api[-_]?key|.*passphrase|token|encryption[-_]?key|authorization|cookie|credentials?|key-?data|webhook[-_]?url)$/i;

/** Shapes of secrets inside longer text. Linear: no repetition inside a repetition. */
const SECRET_TEXT: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]{0,20000}?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g,
    GONE,
  ],
  // Tickets: PVE:user@realm:65A1B2C3::signature
  [/\b(PVE|PBS|PVEVNC|PBSVNC|PVEADM):[^\s:]{1,200}:[0-9A-F]{8}::[A-Za-z0-9+/=]{16,2000}/g, `$1:${GONE}`],
  [/\b(PVEAPIToken|PBSAPIToken)([= ][^\s=:]{1,200})[=:][0-9A-Za-z-]{8,200}/g, `$1$2=${GONE}`],
  [/\b(PVEAuthCookie|PBSAuthCookie|CSRFPreventionToken)([=:]\s?)[^\s;,"]{8,2000}/gi, `$1$2${GONE}`],
  [/\b(Bearer|Basic) [A-Za-z0-9._~+/=-]{8,2000}/g, `$1 ${GONE}`],
  [/\bpmx_[0-9a-f]{12}_[A-Za-z0-9_-]{20,100}/g, GONE],
  [/(\/api\/webhooks\/\d{1,25}\/)[A-Za-z0-9_-]{8,200}/g, `$1${GONE}`],
  [/(:\/\/[^\s/:@]{1,200}):[^\s/@]{1,200}@/g, `$1:${GONE}@`],
  [
    /([?&](?:token|access_token|password|secret|apikey|api_key|key|sig|signature)=)[^\s&#"]{1,2000}/gi,
    `$1${GONE}`,
  ],
  [
    /\b((?:ci)?password|passphrase|secret|passwd|token[-_]?value)(\s?[=:]\s?)[^\s,;"]{1,500}/gi,
    `$1$2${GONE}`,
  ],
  [/\bAKIA[0-9A-Z]{16}\b/g, GONE],
];

/** Takes secrets out of one text. */
export function redactText(text: string): string {
  let out = text;
  for (const [pattern, replacement] of SECRET_TEXT) out = out.replace(pattern, replacement);
  return out;
}

/** Takes secrets out of a whole answer: by the names of keys and by the shapes of values. */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(redact);
  // Pending changes and cloud-init are lists of `{key, value, pending}`.
  const namesSecret = 'key' in value && typeof value.key === 'string' && SECRET_KEY.test(value.key);
  const isSecret = (key: string, entry: unknown) =>
    (SECRET_KEY.test(key) || (namesSecret && key !== 'key')) &&
    entry !== undefined &&
    entry !== null &&
    typeof entry !== 'boolean';
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, isSecret(key, entry) ? GONE : redact(entry)]),
  );
}
