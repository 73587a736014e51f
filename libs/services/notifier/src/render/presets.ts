import { FIELDS, type Field } from './fields.ts';
import { compileTemplate, type Fill, type Template } from './template.ts';

/** A template that was read. */
export interface Preset {
  readonly title: Fill<Field>;
  readonly body: Fill<Field>;
}

/** Everything, a line each. */
const FULL: Template = {
  title: '{{word}}: {{what}}',
  body: [
    'What: {{what}}',
    'Where: {{where}}',
    'Impact: {{impact}}',
    'Since: {{since}}',
    'Why: {{why}}',
    '{{findings}}',
    '{{next}}',
    'Done: {{done}}',
    'Seen: {{seen}}',
  ].join('\n'),
};

/** What fits on a locked phone: the title says what. */
const COMPACT: Template = {
  title: '{{word}}: {{what}}',
  body: ['{{where}}, since {{since}}', '{{impact}}', '{{why}}', '{{done}}'].join('\n'),
};

/** Reads a template. @throws {TemplateError} where it names no field of ours. */
export function compilePreset({ title, body }: Template): Preset {
  return { title: compileTemplate(title, FIELDS), body: compileTemplate(body, FIELDS) };
}

export const PRESETS = { full: compilePreset(FULL), compact: compilePreset(COMPACT) } as const;
export const PRESET_NAMES = ['full', 'compact', 'custom'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];
