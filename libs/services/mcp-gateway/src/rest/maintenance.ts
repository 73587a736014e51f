import type { Bus } from '@proxmox-mcp/bus';
import { requests } from '@proxmox-mcp/schemas';
import type { FastifyInstance } from 'fastify';
import { askService } from '../call/ask-service.ts';
import { redact } from '../call/redact.ts';
import { markFreeText } from '../call/untrusted.ts';
import { granted } from './grant.ts';

/**
 * Mounts `GET /api/v1/maintenance` for those who may look and not open: the windows that are open or planned, and those that ended within
 * the last days, with what they kept back.
 */
export function mountMaintenance(app: FastifyInstance, { bus }: { readonly bus: Bus }): void {
  app.get('/api/v1/maintenance', async (request) => {
    const { name: by } = granted(request, 'events', 'read');
    const question = { op: 'list', by } as const;
    const { windows, ended = [] } = await askService(bus, 'state', {
      subject: requests.maintenance,
      question,
    });
    return redact({
      items: windows.map((each) => markFreeText(each)),
      ended: ended.map((each) => markFreeText(each)),
    });
  });
}
