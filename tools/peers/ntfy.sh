#!/usr/bin/env bash
# Puts a real ntfy server into .cache/ntfy for the tests that read one (Debian's package, unpacked and not installed), after
# `npm ci`. Prints its path. Where it is there already, nothing is done.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)

# The program is linked with the system's SQLite, which a bare machine may lack.
if ! ldconfig -p | grep -q 'libsqlite3\.so\.0' && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get -qq update >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends libsqlite3-0 >/dev/null
fi
exec "$root/node_modules/.bin/node" "$root/tools/nats/src/main.ts" ntfy
