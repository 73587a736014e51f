import { existsSync, readFileSync } from 'node:fs';
import { Inventory } from '@proxmox-mcp/schemas';
import { parse } from 'yaml';
import type { SettingFault } from './faults.ts';

/** Reads `config/inventory.yaml`; an absent file is an empty inventory. */
export function readInventory(file: string, faults: SettingFault[]): Inventory {
  const empty = Inventory.parse({});
  if (!existsSync(file)) return empty;
  let content: unknown;
  try {
    content = parse(readFileSync(file, 'utf8')) ?? {};
  } catch (err) {
    faults.push({
      key: file,
      message: err instanceof Error ? (err.message.split('\n')[0] ?? 'not YAML') : 'not YAML',
    });
    return empty;
  }
  const parsed = Inventory.safeParse(content);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    faults.push({ key: `${file}: ${issue.path.join('.')}`, message: issue.message });
  }
  return empty;
}
