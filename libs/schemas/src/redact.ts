const MASK = '***';

/** A shape that secrets have, and lower-case words of which a text that holds one has at least one. */
interface Shape {
  /** Group 1 stays and tells the reader what was there. */
  readonly pattern: RegExp;
  /** Looked for first: most lines have none, and then cost no more than the looking. */
  readonly hints: readonly string[];
}

/** What a value may be called, at the end of a longer name too (`smtp_password`, `clientToken`). */
const NAMES =
  'password|passwd|passphrase|cipassword|secret|api_?key|private_?key|access_?key|token_?value|token|csrfpreventiontoken|p[vb][es]authcookie';
const NAME_HINTS = ['pass', 'secret', 'key', 'token', 'cookie'];
/** Behind a name: `=`, `: `, `":"`, and the same inside JSON inside JSON. */
const IS = String.raw`(?:\\{0,4}["'])?\s{0,4}[:=]\s{0,4}`;
/**
 * A UPID ends with its user, who may be an API token called anything: `…:root@pam!token:`. What follows it is no value. Looked at
 * only behind a name that was found.
 */
const NOT_OF_UPID = String.raw`(?<!![\w.-]{0,80})`;

/**
 * Shapes of secrets in raw inputs (PROXMOX §A.3, §G.6). Each is linear: runs are bounded, and where something must follow a long run,
 * the run cannot begin inside another of its kind.
 */
const SHAPES: readonly Shape[] = [
  // Whole headers first, while their names are still beside them.
  {
    pattern:
      /(\bauthorization(?:\\{0,4}["'])?\s{0,4}[:=]\s{0,4}(?:\\{0,4}["'])?(?:(?:bearer|basic|token)\s{1,4})?)[^\r\n"'\\]{1,4096}/gi,
    hints: ['authorization'],
  },
  {
    pattern: /(\b(?:set-)?cookie2?(?:\\{0,4}["'])?\s{0,4}:\s{0,4}(?:\\{0,4}["'])?)[^\r\n"'\\]{1,4096}/gi,
    hints: ['cookie'],
  },
  {
    pattern:
      /(\bx-[a-z0-9-]{0,40}(?:token|key|secret|signature)(?:\\{0,4}["'])?\s{0,4}[:=]\s{0,4}(?:\\{0,4}["'])?)[^\s"',;\\]{1,4096}/gi,
    hints: ['x-'],
  },
  {
    pattern: /(-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----)(?:(?!-----END)[\s\S]){1,20000}/g,
    hints: ['private key'],
  },
  {
    pattern: /(\bP(?:VE|BS)APIToken(?:[= ]|%3D)[^\s=:!]{1,200}(?:!|%21)[^\s=:]{1,200}[=:])[^\s",;]{1,200}/g,
    hints: ['apitoken'],
  },
  // `root@pam!backup=<uuid>`, with the separator of PVE or PBS, also in a URL.
  {
    pattern:
      /((?:@|%40)[\w.-]{1,64}(?:!|%21)[\w.-]{1,64}(?:[=:]|%3D|%3A))[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
    hints: ['!', '%21'],
  },
  // Tickets: `PVE:root@pam:65A1B2C3::<signature>`, `PVEVNC:65A1B2C3::…`.
  {
    pattern:
      /(\b(?:PVE|PBS|PMG)[A-Z]{0,8}(?:(?::|%3A)[^\s:"'&;]{1,200}?)?(?::|%3A)[0-9A-F]{8}(?::|%3A){2})[A-Za-z0-9+/=%]{16,2000}/gi,
    hints: ['::', '%3a%3a'],
  },
  // Quoted values to their quote, others to the next blank.
  {
    pattern: new RegExp(String.raw`((?:${NAMES})${NOT_OF_UPID}${IS}\\{0,4}")[^"\\]{1,4096}`, 'gi'),
    hints: NAME_HINTS,
  },
  {
    pattern: new RegExp(String.raw`((?:${NAMES})${NOT_OF_UPID}${IS})[^\s"',;&<>\\]{1,4096}`, 'gi'),
    hints: NAME_HINTS,
  },
  { pattern: /([?&](?:key|sig|signature|auth|code|t)=)[^\s&#"']{6,2000}/gi, hints: ['?', '&'] },
  { pattern: /(:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,200}(?=@)/g, hints: ['://'] },
  { pattern: /(\bBearer )[A-Za-z0-9._~+/=-]{8,4096}/gi, hints: ['bearer '] },
  { pattern: /(\bBasic )(?=[A-Za-z]{0,200}[0-9+/=])[A-Za-z0-9+/=]{8,4096}/gi, hints: ['basic '] },
  // URLs that are keys: Discord, Slack, Microsoft Teams, Mattermost, Telegram.
  { pattern: /(\/api\/(?:v\d{1,2}\/)?webhooks\/\d{1,25}\/)[\w-]{1,200}/gi, hints: ['webhooks/'] },
  {
    pattern: /(\bhooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{1,200}/gi,
    hints: ['hooks.slack.com'],
  },
  { pattern: /(\bwebhook\.office\.com\/webhookb2\/)[\w@/-]{1,400}/gi, hints: ['webhook.office.com'] },
  { pattern: /(\/hooks\/)[a-z0-9]{26}\b/g, hints: ['/hooks/'] },
  { pattern: /((?:\/bot|\b)\d{6,12}:)AA[\w-]{30,60}/g, hints: [':aa'] },
  // Keys known by their first letters: ntfy, Slack, GitHub, Amazon, and our own.
  { pattern: /(\btk_)[A-Za-z0-9]{20,64}/g, hints: ['tk_'] },
  { pattern: /(\bxox[abeprs]-)[\w-]{8,200}/g, hints: ['xox'] },
  { pattern: /(\bgh[oprsu]_)[A-Za-z0-9]{20,255}/g, hints: ['gh'] },
  { pattern: /(\bAKIA)[0-9A-Z]{16}\b/g, hints: ['akia'] },
  { pattern: /(\bpmx_[0-9a-f]{12}_)[\w-]{20,100}/g, hints: ['pmx_'] },
  // Links of our messages, which act for whoever has them: what they do stays, their signature does not.
  { pattern: /(\/act\/1\.[\w-]{1,20}\.[\w-]{1,80}\.)[\w.-]{1,200}/g, hints: ['/act/1.'] },
  // JSON web tokens: three runs, of which the first cannot begin inside another.
  { pattern: /((?<![\w-])eyJ)[\w-]{8,4096}\.[\w-]{4,8192}\.[\w-]{0,4096}/g, hints: ['eyj'] },
  // Hashes of passwords as in /etc/shadow.
  { pattern: /(\$(?:1|5|6|y|2[aby])\$)[^\s:"',$]{1,40}\$[^\s:"',]{8,200}/g, hints: ['$'] },
];

/** Replaces what looks like a secret by `***`. For everything that is kept of what others wrote. Linear in the input. */
export function redact(text: string): string {
  const lower = text.toLowerCase();
  let out = text;
  for (const { pattern, hints } of SHAPES)
    if (hints.some((hint) => lower.includes(hint))) out = out.replace(pattern, `$1${MASK}`);
  return out;
}
