import type { Incident } from '@proxmox-mcp/schemas';
import { fieldsOf } from '../render/fields.ts';
import { type Preset, PRESETS } from '../render/presets.ts';
import { cutText, oneLine } from '../text.ts';

export { duration } from '../render/duration.ts';

/** A message for people, before a channel dresses it. */
export interface Rendered {
  readonly title: string;
  readonly body: string;
  readonly link?: string;
}

/** What rendering needs beside the incident. */
export interface RenderOptions {
  /** Address of the dashboard, without a slash at its end; without it messages carry no link. */
  readonly linkBase?: string | undefined;
  /** Name of a preset, where a route wants another than the usual one; one that does not exist is the usual one. */
  readonly preset?: string | undefined;
}

/** Writes the message about an incident. */
export type Render = (incident: Incident, kind: 'opened' | 'resolved', options: RenderOptions) => Rendered;

/**
 * Makes the writer of messages. It is pure: the same incident gives the same text, so that a preview shows exactly what is sent.
 *
 * @param usual name of the preset that is used where none is asked for.
 * @param custom the operator's own, known as `custom`.
 */
export function createRender(usual: string, custom?: Preset): Render {
  const presets = new Map<string, Preset>(Object.entries(PRESETS));
  if (custom !== undefined) presets.set('custom', custom);
  const fallback = presets.get(usual) ?? PRESETS.full;
  return (incident, kind, { linkBase, preset }) => {
    const { title, body } = presets.get(preset ?? usual) ?? fallback;
    const link =
      linkBase === undefined ? undefined : `${linkBase}/incidents/${encodeURIComponent(incident.id)}`;
    const fields = fieldsOf(incident, kind, link);
    return {
      // A template that says nothing about this incident still makes a message.
      title: cutText(oneLine(title(fields), 450) || `${fields.word}: ${fields.what}`, 450),
      body: cutText(body(fields).trim() || fields.what, 8_000),
      ...(link === undefined ? {} : { link }),
    };
  };
}

/** Writes the message about an incident in full: what, where, since when, why, what was done, where to look. */
export const renderIncident: Render = createRender('full');
