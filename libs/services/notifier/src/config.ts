import { httpUrl, int, list, oneOf } from '@proxmox-mcp/config';
import * as z from 'zod';
import { CHANNELS } from './channels/index.ts';
import { FIELDS } from './render/fields.ts';
import { compilePreset, PRESET_NAMES } from './render/presets.ts';
import { compileTemplate, TemplateError } from './render/template.ts';
import { createRender, type Render } from './stages/render.ts';

type ChannelShape = (typeof CHANNELS)[number]['config'];
type Intersection<U> = (U extends unknown ? (shape: U) => void : never) extends (shape: infer I) => void
  ? I
  : never;
// The keys of all channels at once: `assign` of a spread array has no type of its own.
const channelShape = Object.assign(
  {},
  ...CHANNELS.map((channel) => channel.config),
) as Intersection<ChannelShape>;

const WORDS: readonly string[] = CHANNELS.flatMap((channel) => channel.words);
/** The first word of each, as the contract writes them. */
const NAMES = CHANNELS.map(({ words }) => words[0]);

const notifiers = list().transform((words, ctx) => {
  for (const [index, word] of words.entries()) {
    if (WORDS.includes(word.toUpperCase())) continue;
    // By its place: a fault never repeats what was written.
    ctx.addIssue({
      code: 'custom',
      message: `item ${index + 1} is no notifier; there are ${NAMES.join(', ')}`,
    });
  }
  return words.map((word) => word.toUpperCase());
});

/** A text with fields; a field that does not exist is a fault at start. */
function template() {
  return z
    .string()
    .max(4_000)
    .transform((written, ctx) => {
      // An env file has one line for it.
      const text = written.replace(/\\n/g, '\n');
      try {
        compileTemplate(text, FIELDS);
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        ctx.addIssue({ code: 'custom', message: error.message });
      }
      return text;
    });
}

/** Settings of the notifier. The channels' own keys stand in their folders. */
export const NotifierConfig = z
  .object({
    ENABLED_NOTIFIERS: notifiers
      .optional()
      .describe(`Channels to notify: ${NAMES.join(', ')}. The switch of a channel wins over the list.`),
    NOTIFY_MIN_SEVERITY: oneOf(['info', 'notice', 'warning', 'error', 'critical'])
      .default('warning')
      .describe('Mildest incident that is told: info, notice, warning, error, critical.'),
    NOTIFY_GROUP_WAIT: int(0, 300)
      .default(5)
      .describe(
        'Seconds an opening waits before it is sent, so that the message carries the cause; sent at once when it is complete.',
      ),
    NOTIFY_NODE_GRACE: int(0, 900)
      .default(45)
      .describe(
        'Seconds a node may be offline before it is told: a hiccup is no outage; fencing ends the wait, a planned restart gets ten minutes. 0: at once.',
      ),
    NOTIFY_TIMEOUT: int(1, 60).default(10).describe('Seconds one attempt to send may take.'),
    NOTIFY_LINK_BASE: httpUrl()
      .optional()
      .describe(
        'Address at which people reach the gateway, put into messages as a link and for the buttons that acknowledge and silence; without it they carry none.',
      ),
    NOTIFY_PRESET: oneOf(PRESET_NAMES)
      .default('full')
      .describe('How messages are written: full, compact (for phones), or custom by the templates below.'),
    NOTIFY_TEMPLATE_TITLE: template()
      .optional()
      .describe('Title of custom messages, with {{field}} for what is filled in.'),
    NOTIFY_TEMPLATE_BODY: template()
      .optional()
      .describe(`Text of custom messages, \\n for a new line; fields: ${FIELDS.join(', ')}.`),
    NOTIFY_RECEIPT_DAYS: int(1, 3_650)
      .default(30)
      .describe('Days that delivery receipts of ended incidents are kept.'),
    ...channelShape,
  })
  .superRefine(
    (config, ctx) => {
      if (config.NOTIFY_PRESET === 'custom' && config.NOTIFY_TEMPLATE_BODY === undefined) {
        const isBad = ctx.issues.some((issue) => issue.path?.[0] === 'NOTIFY_TEMPLATE_BODY');
        const message = 'required by NOTIFY_PRESET=custom';
        if (!isBad) ctx.addIssue({ code: 'custom', path: ['NOTIFY_TEMPLATE_BODY'], message });
      }
      for (const channel of CHANNELS) {
        const { enabled, by } = isEnabled(channel, config);
        if (!enabled) continue;
        for (const { key, message } of channel.faults(config)) {
          // One that is there and cannot be read is reported already.
          if (ctx.issues.some((issue) => issue.path?.[0] === key)) continue;
          ctx.addIssue({ code: 'custom', path: [key], message: `required by ${by}: ${message}` });
        }
      }
    },
    // Also when a key is bad: all faults are told at once.
    { when: () => true },
  );
export type NotifierConfig = z.infer<typeof NotifierConfig>;

/** What decided about a channel: its switch, else the list. */
function isEnabled(
  channel: (typeof CHANNELS)[number],
  config: { readonly ENABLED_NOTIFIERS?: readonly string[] | undefined; readonly [key: string]: unknown },
): { readonly enabled: boolean; readonly by: string } {
  const words: readonly string[] = channel.words;
  const switched = config[channel.switchKey];
  if (typeof switched === 'boolean') return { enabled: switched, by: channel.switchKey };
  return {
    enabled: config.ENABLED_NOTIFIERS?.some((word) => words.includes(word)) ?? false,
    by: 'ENABLED_NOTIFIERS',
  };
}

/** The writer of messages that the settings ask for. */
export function renderOf(config: NotifierConfig): Render {
  const body = config.NOTIFY_TEMPLATE_BODY;
  const title = config.NOTIFY_TEMPLATE_TITLE ?? '{{word}}: {{what}}';
  return createRender(config.NOTIFY_PRESET, body === undefined ? undefined : compilePreset({ title, body }));
}

/** Definitions of the channels that are on. */
export function enabledChannels(config: NotifierConfig) {
  return CHANNELS.filter((channel) => isEnabled(channel, config).enabled);
}

/** What the operator should know about the settings although they can be used; one sentence each, naming the keys. */
export function configNotices(config: NotifierConfig): string[] {
  const notices: string[] = [];
  const settings: Readonly<Record<string, unknown>> = config;
  for (const channel of CHANNELS) {
    const words: readonly string[] = channel.words;
    const switched = settings[channel.switchKey];
    const listed = config.ENABLED_NOTIFIERS?.some((word) => words.includes(word));
    if (typeof switched === 'boolean' && listed !== undefined && switched !== listed) {
      notices.push(
        `${channel.switchKey} and ENABLED_NOTIFIERS disagree about ${channel.name}: it is ${switched ? 'on' : 'off'}, as the switch says`,
      );
    }
    const off = !isEnabled(channel, config).enabled && switched === undefined;
    if (off && channel.faults(config).length === 0) {
      notices.push(`${channel.name} has settings and is off: set ${channel.switchKey}=true to use it`);
    }
  }
  return notices;
}
