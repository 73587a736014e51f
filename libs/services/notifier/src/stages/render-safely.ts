import { cutText, oneLine } from '../text.ts';
import type { Render } from './render.ts';

/** A template that throws costs its looks, never the message. @param onFault gets the error, once per message. */
export function renderSafely(render: Render, onFault: (err: unknown) => void): Render {
  return (incident, kind, options) => {
    try {
      return render(incident, kind, options);
    } catch (err) {
      onFault(err);
      const word = kind === 'resolved' ? 'RESOLVED' : incident.severity.toUpperCase();
      const title = cutText(`${word}: ${oneLine(incident.title, 400)}`, 450);
      const cause = incident.cause === undefined ? '' : `\nWhy: ${oneLine(incident.cause, 600)}`;
      return { title, body: `What: ${oneLine(incident.title, 300)}\nSince: ${incident.openedAt}${cause}` };
    }
  };
}
