import { rmSync, writeFileSync } from 'node:fs';
import { DEMO_SCENARIO, startDemoLab } from '@proxmox-mcp/lab-kit';

// The pretend lab alone, for the Compose demo and for trying a client against it.
const env = process.env;
const demo = await startDemoLab({
  host: env['LAB_HOST'] ?? '127.0.0.1',
  portBase: Number(env['LAB_PORT_BASE'] ?? 0),
  receiverPort: Number(env['LAB_RECEIVER_PORT'] ?? 0),
  speed: Number(env['LAB_SPEED'] ?? 1),
  ...(env['LAB_ADVERTISE'] === undefined ? {} : { advertise: env['LAB_ADVERTISE'] }),
});
const [syslogHost, syslogPort = '5514'] = (env['LAB_SYSLOG'] ?? '').split(':');
demo.talkTo({
  ...(env['LAB_WEBHOOK_URL'] === undefined ? {} : { webhookUrl: env['LAB_WEBHOOK_URL'] }),
  ...(syslogHost === undefined || syslogHost === ''
    ? {}
    : { syslog: { host: syslogHost, port: Number(syslogPort) } }),
});
for (const { name, product, host, port, fingerprint } of demo.lab.addresses()) {
  console.log(`${product} ${name}: https://${host}:${port} (SHA-256 ${fingerprint})`);
}
console.log(`gotify: ${demo.gotify.url}, client token ${demo.gotify.clientToken}`);
const settings = Object.entries(demo.env).map(([key, value]) => `${key}=${value}\n`);
const envFile = env['LAB_ENV_FILE'];
if (envFile === undefined) console.log(`settings for the product:\n${settings.join('')}`);
else writeFileSync(envFile, settings.join(''), { mode: 0o600 });

// Time for the product to take its baseline: what runs before it is not news.
const delayMs = 1_000 * Number(env['LAB_SCENARIO_DELAY'] ?? 15);
const timer = setTimeout(() => demo.play(env['LAB_SCENARIO'] ?? DEMO_SCENARIO), delayMs);
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    clearTimeout(timer);
    // The next start without a lab must not look for this one.
    if (envFile !== undefined) rmSync(envFile, { force: true });
    void demo.stop();
  });
}
