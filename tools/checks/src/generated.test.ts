import { generatedFiles } from '@proxmox-mcp/generate';
import { read } from './repository.ts';

it.each(generatedFiles())('$path is what `npm run generate` writes', ({ path, content }) => {
  expect(read(path)).toBe(content);
});
