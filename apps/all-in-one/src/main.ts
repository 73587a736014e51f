import { EXIT, runServices, type RunningServices } from '@proxmox-mcp/service-kit';
import { startDemo } from './demo.ts';
import { chooseServices, UnknownServiceError } from './services.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const demo = await startDemo(process.env);
  try {
    return await runServices(chooseServices(process.env['SERVICES']), {
      env: { ...process.env, ...demo?.env },
      ...(demo === undefined ? {} : { onReady: (running: RunningServices) => demo.begin(running) }),
    });
  } catch (err) {
    if (!(err instanceof UnknownServiceError)) throw err;
    console.error(err.message);
    return EXIT.settings;
  } finally {
    await demo?.stop();
  }
}
