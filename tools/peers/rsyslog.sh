#!/usr/bin/env bash
# Installs what the tests against a real rsyslog need (Debian, root): rsyslogd with its two TLS drivers, and logger. Does nothing where
# they are; never starts the machine's own rsyslogd.
set -euo pipefail

drivers=(/usr/lib/*/rsyslog/lmnsd_gtls.so)
if [ -x /usr/sbin/rsyslogd ] && [ -e "${drivers[0]}" ] && command -v logger >/dev/null; then exit 0; fi

# Debian asks this file before it starts a service that was just installed.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  trap 'rm -f "$policy"' EXIT
fi
apt-get -qq update >/dev/null
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends rsyslog rsyslog-gnutls rsyslog-openssl bsdutils >/dev/null
