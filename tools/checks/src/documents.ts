import { execFileSync } from 'node:child_process';
import { read, ROOT } from './repository.ts';

/** A fenced block of a Markdown file. */
export interface Fence {
  /** Word after the three backticks: `sh`, `json`; empty without one. */
  readonly language: string;
  readonly text: string;
}

/** Paths of the Markdown files that git knows or would take, from the root. */
export function markdownFiles(): string[] {
  return execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: ROOT,
  })
    .toString()
    .split('\0')
    .filter((path) => path !== '');
}

/** What operators read: the README and the pages right under docs. */
export function operatorPages(): string[] {
  return markdownFiles().filter((path) => path === 'README.md' || /^docs\/[^/]+\.md$/.test(path));
}

/** The fenced blocks of a text, in order. */
export function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    text,
  }));
}

/** The text without its fenced blocks. */
export function withoutFences(markdown: string): string {
  return markdown.replace(/^```\w*\n[\s\S]*?^```$/gm, '');
}

/** The commands of the `sh` fences, one each, with continued lines joined by a blank and comments left out. */
export function commandsOf(markdown: string): string[] {
  return fencesOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.replace(/\\\n\s*/g, '').split('\n'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** The commands of one page that contain a text. */
export function commandsWith(page: string, part: string): string[] {
  return commandsOf(read(page)).filter((command) => command.includes(part));
}
