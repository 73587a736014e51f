import { loadTestInventory } from '../testing/index.ts';
import { normalizeGotifyPost, readGotifyPost } from './gotify-message.ts';

const [source] = loadTestInventory().sources;
if (source === undefined) throw new Error('the inventory of the cases has sources');
const route = { sources: [source] } as const;

function normalize(body: unknown) {
  const post = readGotifyPost(body);
  return 'reject' in post ? post : normalizeGotifyPost(post, route);
}

const fenced = (message: string) => `\`\`\`\n${message}\n\`\`\``;

describe('a Gotify message', () => {
  it('of a Proxmox host is its notification, with the priority beside it', () => {
    const message = fenced("This is a test of the notification target 'gotify1'.\n");
    expect(normalize({ title: 'Test notification ', message, priority: 1, extras: {} })).toMatchObject({
      events: [{ type: 'notification.test.received', facts: { target: 'gotify1', gotify_priority: 1 } }],
    });
  });

  it.each([
    [9, 'error'],
    ['5', 'warning'],
    [3, 'info'],
    [undefined, 'info'],
  ])('of a type nobody knows is as bad as its priority %s says', (priority, severity) => {
    const body = {
      title: 'Something new',
      message: fenced('x'),
      ...(priority === undefined ? {} : { priority }),
    };
    expect(normalize(body)).toMatchObject({ events: [{ type: 'notification.unmapped', severity }] });
  });

  it('of another application is not taken for Proxmox, whatever it says', () => {
    const title = 'vzdump backup status (pve1.example.net): backup failed';
    expect(normalize({ title, message: 'no fence' })).toEqual({ reject: true, reason: 'not-proxmox' });
  });

  it.each([
    ['no message', { title: 'x', priority: 9 }],
    ['a blank message', { message: ' \n' }],
    ['no object', ['x']],
    ['a title that is no text', { title: 7, message: 'x' }],
    ['a priority that is no number', { message: 'x', priority: 'high' }],
  ])('with %s is refused', (_, body) => {
    expect(normalize(body)).toMatchObject({ reject: true, reason: 'schema' });
  });
});
