import * as z from 'zod';

/** One argument of a tool as a reader needs it. */
export interface Argument {
  /** Dotted for a key of an object: `until.task`. */
  readonly name: string;
  readonly type: string;
  /** Required, default and description; empty when there is nothing to say. */
  readonly note: string;
}

/** What we read of a JSON schema; Zod writes more. */
interface Schema {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The arguments of a tool, from the very JSON schema that `tools/list` shows; keys of objects follow their object. */
export function argumentsOf(input: z.ZodType): Argument[] {
  // Zod's own type of a JSON schema has every keyword as unknown; the shape above is what JSON schema says of these.
  return properties(z.toJSONSchema(input, { io: 'input' }) as Schema, '');
}

function properties(schema: Schema, prefix: string): Argument[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, property]) => {
    const name = `${prefix}${key}`;
    const isRequired = schema.required?.includes(key) ?? false;
    const own = { name, type: typeOf(property), note: noteOf(property, isRequired) };
    return [own, ...properties(property, `${name}.`)];
  });
}

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${String(word)}\``).join(' ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'any' : typeOf(schema.items)}`;
  const { minimum, maximum } = schema;
  const range = minimum === undefined || maximum === undefined ? '' : ` ${minimum}–${maximum}`;
  return `${schema.type ?? 'any'}${range}`;
}

function noteOf(schema: Schema, isRequired: boolean): string {
  const fallback = schema.default;
  return [
    isRequired ? 'required' : '',
    fallback === undefined || fallback === '' ? '' : `default \`${JSON.stringify(fallback)}\``,
    escapeStars(schema.description ?? ''),
  ]
    .filter((part) => part !== '')
    .join('; ');
}

/** Text for Markdown, in which a bare star would begin emphasis. */
export function escapeStars(text: string): string {
  return text.replaceAll('*', '\\*');
}
