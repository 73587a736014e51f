import { KNOWN_KEYS, PENDING_KEYS } from '@proxmox-mcp/config';
import { generatedFiles } from '@proxmox-mcp/generate';
import { read } from './repository.ts';

it.each(generatedFiles())('$path is what `npm run generate` writes', ({ path, content }) => {
  expect(read(path)).toBe(content);
});

it('no key is both of a service and said to have no effect', () => {
  expect(Object.keys(PENDING_KEYS).filter((key) => KNOWN_KEYS.includes(key))).toEqual([]);
});
