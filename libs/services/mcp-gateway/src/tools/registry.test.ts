import { readFileSync } from 'node:fs';
import { listTools } from '../mcp/tool-list.ts';
import { TOOLS } from './index.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('lists exactly these tools in this order', () => {
  expect(TOOLS.map((tool) => `${tool.name} ${tool.toolset} ${tool.tier}`)).toEqual([
    'fleet_overview core read',
    'inventory_search core read',
    'guest_get core read',
    'node_get core read',
    'tasks_query observe read',
    'events_query events read',
    'events_wait events read',
    'incidents_query events read',
    'incident_update events operate',
    'maintenance_set events operate',
    'notify_status notify read',
    'notify_send notify operate',
  ]);
});

it('sends all four hints of every tool, as pinned', () => {
  const hints = TOOLS.map(({ name, annotations: a }) => [
    name,
    `${a.readOnlyHint ? 'R' : '-'}${a.destructiveHint ? 'D' : '-'}${a.idempotentHint ? 'I' : '-'}${a.openWorldHint ? 'O' : '-'}`,
  ]);
  expect(Object.fromEntries(hints)).toEqual({
    fleet_overview: 'R-I-',
    inventory_search: 'R-I-',
    guest_get: 'R-IO',
    node_get: 'R-I-',
    tasks_query: 'R-IO',
    events_query: 'R-IO',
    events_wait: 'R-IO',
    incidents_query: 'R-IO',
    incident_update: '--I-',
    maintenance_set: '--I-',
    notify_status: 'R-I-',
    notify_send: '---O',
  });
});

// Clients, prompts and n8n flows depend on every word of it. Red means: decide, then write a changelog line.
it('declares schemas and descriptions as pinned in tools.pin.json', () => {
  const listed = listTools().map(
    ({ tool, listed: { name, title, description, annotations, inputSchema, outputSchema } }) => ({
      name,
      title,
      toolset: tool.toolset,
      tier: tool.tier,
      privileges: tool.privileges,
      annotations,
      description,
      inputSchema,
      outputSchema,
    }),
  );
  expect(listed).toEqual(JSON.parse(read('./tools.pin.json')));
});

it.each(TOOLS.map((tool) => [tool.name, tool] as const))('%s keeps to the rules for tools', (name, tool) => {
  expect(name).toMatch(/^[a-z]+_[a-z]+$/);
  expect(name.length).toBeLessThanOrEqual(22);
  expect(tool.description.split(/\s+/).length).toBeLessThanOrEqual(60);
  // n8n adds these to every call.
  expect(Object.keys(tool.input.shape)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(toolCallId|sessionId|action|chatInput)$/)]),
  );
  const schema = JSON.stringify(listTools().find(({ listed }) => listed.name === name)?.listed.inputSchema);
  expect(schema).not.toMatch(/"\$ref"|"oneOf"|"anyOf"/);
});

it('costs an assistant less than 20 kB to know', () => {
  const listed = listTools().map(({ listed: { outputSchema: _, ...rest } }) => rest);
  expect(JSON.stringify(listed).length).toBeLessThan(20_000);
});
