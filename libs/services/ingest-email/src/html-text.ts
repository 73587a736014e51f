import type { Parser } from 'htmlparser2';
import { createPage, type Page } from './html-page.ts';
import { MAX_TEXT_CHARS } from './limits.ts';

/** No notification nests so deeply; the parser's cost grows with the square of it. */
const MAX_DEPTH = 500;
const CHUNK = 16_384;

/** What a reader sees of an HTML page. */
export interface HtmlText {
  readonly text: string;
  /** Part of it was left out: too deep, or too long. */
  readonly truncated: boolean;
}

/**
 * The text of an HTML mail: lines where blocks end, tables in padded columns as the plain text of a notification has them,
 * list items after `- `, `pre` as it stands. Scripts and styles are dropped.
 */
export async function htmlText(html: string): Promise<HtmlText> {
  // Imported here: nearly every mail has a text part.
  const { Parser } = await import('htmlparser2');
  const page = createPage();
  const parser = new Parser(
    {
      onopentag: (name, attributes) => page.open(name, attributes),
      onclosetag: (name) => page.close(name),
      ontext: (text) => page.text(text),
    },
    { decodeEntities: true, lowerCaseTags: true },
  );
  const isWhole = feed(parser, html, page);
  return { text: page.finish(), truncated: !isWhole };
}

function feed(parser: Parser, html: string, page: Page): boolean {
  for (let from = 0; from < html.length; from += CHUNK) {
    parser.write(html.slice(from, from + CHUNK));
    if (page.depth > MAX_DEPTH || page.chars > MAX_TEXT_CHARS) return false;
  }
  parser.end();
  return true;
}
