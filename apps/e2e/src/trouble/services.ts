import { join } from 'node:path';
import { createApp, reservePorts, type AppProcess } from './product-process.ts';

/** Every app that is a service of its own, as Compose runs them. */
export const SERVICE_APPS = [
  'ingest-websocket',
  'ingest-syslog',
  'ingest-webhook',
  'state',
  'diagnostics',
  'notifier',
  'mcp-gateway',
] as const;
export type ServiceApp = (typeof SERVICE_APPS)[number];

export interface ServicesOptions {
  readonly folder: string;
  readonly natsUrl: string;
  readonly env: Readonly<Record<string, string>>;
  readonly apps?: readonly ServiceApp[];
}

/** Services in a process, a data folder and an admin port each; nothing runs before `start`. */
export async function createServices(options: ServicesOptions): Promise<Map<ServiceApp, AppProcess>> {
  const { folder, natsUrl, env, apps = SERVICE_APPS } = options;
  const ports = await reservePorts(apps.length);
  return new Map(
    apps.map((app, index) => [
      app,
      createApp({
        app,
        folder: join(folder, app),
        adminPort: ports[index] ?? 0,
        env: { ...env, NATS_URL: natsUrl },
      }),
    ]),
  );
}
