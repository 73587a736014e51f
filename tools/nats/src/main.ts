import { findNatsServer } from '@proxmox-mcp/bus/testing';

/** Prints the path of a `nats-server` ≥ 2.10, fetching one into `.cache/nats-server` if there is none. Exit 1: none can be had. */
const found = await findNatsServer(process.env);
if ('path' in found) {
  console.log(found.path);
  console.error(`nats-server ${found.version}`);
} else {
  console.error(found.reason);
  process.exitCode = 1;
}
