/** A message of fields: a title and a body, in which `{{field}}` stands for what the field says. */
export interface Template {
  readonly title: string;
  readonly body: string;
}

/** One place in a template that means nothing. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** Fills one text. @returns it without the lines whose fields all say nothing. */
export type Fill<Field extends string> = (fields: Readonly<Record<Field, string>>) => string;

const PLACE = /\{\{[ \t]{0,8}([A-Za-z0-9_.-]{0,40})[ \t]{0,8}\}\}/g;

/**
 * Reads a text with `{{field}}` in it, once, so that nothing can fail when a message is due. There is nothing else in the language:
 * no condition, no loop, no code; and what a field says is put in as it is and never read again.
 *
 * @param names the fields there are.
 * @throws {TemplateError} for an unknown field, and for braces that close none.
 */
export function compileTemplate<Field extends string>(text: string, names: readonly Field[]): Fill<Field> {
  const lines = text.split('\n').map((line) => compileLine(line, names));
  return (fields) =>
    lines
      .flatMap((line) => {
        const values = line.names.map((name) => fields[name]);
        if (values.length > 0 && values.every((value) => value === '')) return [];
        return [line.texts.map((part, index) => part + (values[index] ?? '')).join('')];
      })
      .join('\n');
}

/** Texts and between them fields: one text more than fields. */
interface Line<Field extends string> {
  readonly texts: readonly string[];
  readonly names: readonly Field[];
}

function compileLine<Field extends string>(line: string, known: readonly Field[]): Line<Field> {
  // A pattern with one group splits into text, name, text, name, …, text.
  const parts = line.split(PLACE);
  const texts = parts.filter((_, index) => index % 2 === 0);
  const names = parts
    .filter((_, index) => index % 2 === 1)
    .map((written) => {
      const name = known.find((field) => field === written);
      if (name === undefined)
        throw new TemplateError(`there is no field {{${written}}}; there are ${known.join(', ')}`);
      return name;
    });
  if (texts.some((text) => text.includes('{{') || text.includes('}}')))
    throw new TemplateError('a pair of braces stands around no field');
  return { texts, names };
}
