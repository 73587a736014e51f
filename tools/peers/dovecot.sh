#!/usr/bin/env bash
# Installs Dovecot's IMAP server from Debian where it is missing (root, apt), for the tests that need a real mailbox. The tests
# start servers of their own, as another user and on free ports: the system's is not started.
set -euo pipefail

command -v dovecot >/dev/null || [ -x /usr/sbin/dovecot ] && exit 0

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod +x $policy
  trap 'rm -f $policy' EXIT
fi
install() { DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends dovecot-imapd >/dev/null; }
install || { apt-get -qq update >/dev/null && install; }
