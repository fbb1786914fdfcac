#!/bin/bash
# Installs the Debian package as an operator does, in a container that boots real systemd, libvirt and polkit (the lab hosts' image), and
# sees what the services do there: ready, as their own user, killed, hung, upgraded, removed.
# Needs root and systemd-nspawn (Debian's systemd-container).
set -euo pipefail
cd "$(dirname "$0")/../.."

readonly LIMIT_S=180
# The units' WatchdogSec, and the start of a process.
readonly WATCHDOG_LIMIT_S=150

container=
leader=
temporal=
say() { echo "lab:package: $*"; }
die() {
  say "FAILED: $*" >&2
  [ -s "${work:-}/console" ] && tail -5 "$work/console" >&2
  [ -n "$leader" ] && inside journalctl -u 'vgpu-ferry-*' -o cat --no-pager -n 20 >&2
  exit 1
}

command -v systemd-nspawn >/dev/null || die 'systemd-nspawn is missing: apt-get install systemd-container'
[ "$(id -u)" = 0 ] || die 'this needs root'

work=$(mktemp -d)
root=$work/root
cleanup() {
  set +e # each of these, also when one fails
  [ -n "$leader" ] || [ -z "$container" ] || leader=$(pgrep -P "$container" | head -1)
  [ -n "$leader" ] && kill -KILL "$leader" 2>/dev/null # its init, and with it all that runs inside: it outlives systemd-nspawn
  if [ -n "$container" ]; then
    kill -KILL "$container" 2>/dev/null
    wait "$container" 2>/dev/null
  fi
  [ -n "$temporal" ] && kill "$temporal" 2>/dev/null
  for _ in $(seq 20); do
    mountpoint -q "$root" || break
    umount "$root" 2>/dev/null || sleep 1
  done
  rm -rf --one-file-system "$work"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# wait_for SECONDS WHAT COMMAND...
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || die "waited in vain for: $what"
    sleep 0.5
  done
}

image=$(lab/image/build.sh packaged)
package=$(packaging/build-deb.sh 2>/dev/null | tail -1)
say "$package, $(stat -c %s "$package") bytes"

mkdir "$root"
cp --sparse=always "$image/root.raw" "$work/root.raw"
mount -o loop "$work/root.raw" "$root"

node -e "
  require('./dist/src/temporal/embedded').startEmbeddedTemporal().then(({ address }) => console.log(address));
  setInterval(() => {}, 1 << 30);
" >"$work/address" &
temporal=$!
wait_for $LIMIT_S 'a Temporal server' grep -q : "$work/address"
TEMPORAL_ADDRESS=$(cat "$work/address")

cp "$package" "$root/root/vgpu-ferry.deb"
chroot "$root" dpkg -i /root/vgpu-ferry.deb >"$work/dpkg.log" 2>&1 || die "dpkg -i: $(cat "$work/dpkg.log")"
echo "TEMPORAL_ADDRESS=$TEMPORAL_ADDRESS" >"$root/etc/vgpu-ferry/temporal.env"
sed 's/"host-a"/"packaged"/' packaging/agent.json >"$root/etc/vgpu-ferry/agent.json"
chroot "$root" systemctl enable libvirtd vgpu-ferry-orchestrator 2>/dev/null

systemd-nspawn --directory="$root" --machine="vgpu-ferry-$$" --boot --register=no --keep-unit >"$work/console" 2>&1 </dev/null &
container=$!
wait_for $LIMIT_S 'the container' pgrep -P "$container"
leader=$(pgrep -P "$container" | head -1)
inside() { nsenter -t "$leader" -a "$@"; }
property() { inside systemctl show "$1" -p "$2" --value; }
restarts() { [ "$(property "$1" NRestarts)" -ge "$2" ] && [ "$(property "$1" ActiveState)" = active ]; }

for service in vgpu-ferry-agent vgpu-ferry-orchestrator; do
  wait_for $LIMIT_S "$service to be ready" inside systemctl is-active "$service"
done
say 'both services said that they are ready'

[ "$(inside stat -c %U "/proc/$(property vgpu-ferry-agent MainPID)")" = vgpu-ferry ] || die 'the agent does not run as its own user'
TEMPORAL_ADDRESS=$TEMPORAL_ADDRESS node dist/src/cli/main.js hosts packaged --json | grep -q '"answers": true' ||
  die 'the agent does not answer, or cannot use libvirt as its own user'
say "the agent uses libvirt as its own user, with $(inside systemd-analyze security --no-pager vgpu-ferry-agent 2>/dev/null | tail -1 | sed 's/[^ -~]//g')"

# Without its right to libvirt the agent runs, and says so: in its log, by the doctor, and to whoever asks for the host.
as_agent() { inside runuser -u vgpu-ferry -- env TEMPORAL_ADDRESS="$TEMPORAL_ADDRESS" vgpu-ferry "$@"; }
readonly REFUSED='libvirt on packaged runs, but refuses the user vgpu-ferry'
inside gpasswd -d vgpu-ferry libvirt >/dev/null
inside systemctl restart vgpu-ferry-agent
refused() {
  inside journalctl -u vgpu-ferry-agent -o cat >"$work/journal"
  grep -q "$REFUSED" "$work/journal"
}
wait_for $LIMIT_S 'the agent to say that libvirt refuses it' refused
TEMPORAL_ADDRESS=$TEMPORAL_ADDRESS node dist/src/cli/main.js hosts packaged >"$work/hosts" 2>&1 || true
grep -q "$REFUSED" "$work/hosts" || die "who asks for the host is told: $(cat "$work/hosts")"
as_agent doctor >"$work/doctor" 2>&1 && die 'the doctor is content with a libvirt that refuses the agent'
grep -q 'usermod -aG libvirt vgpu-ferry' "$work/doctor" || die "the doctor says: $(cat "$work/doctor")"
inside usermod -aG libvirt vgpu-ferry
inside systemctl restart vgpu-ferry-agent
say "without its right to libvirt the agent and the doctor say what to do: $(grep -o -m1 'authentication[^"]*\|Failed to connect[^"]*' "$work/journal" | sed 1q)"

# Figures by the block of docs/logs-and-metrics.md. The container has this machine's network: a port that is free here.
port=$(node -e 'require("./dist/src/temporal/free-ports").freePorts("127.0.0.1").then(([port]) => console.log(port))')
inside bash -ec "$(grep -A1 '^echo VGPU_FERRY_METRICS_ADDRESS' docs/logs-and-metrics.md | sed "s/:9464/:$port/")"
figures() {
  curl -fs "http://127.0.0.1:$port/metrics" >"$work/figures"
  grep -q '^vgpu_ferry_hypervisor_up' "$work/figures"
}
wait_for $LIMIT_S "the agent's figures" figures
say 'with its address set by the documented step the agent serves its figures'

# The codec's keys by the drop-in of docs/temporal-security.md, for a service whose user is made when it starts.
inside vgpu-ferry codec keygen >/dev/null
drop_in=$(awk '/^# \/etc\/systemd\/system\/vgpu-ferry-orchestrator.service.d\/codec.conf/ { on = 1 } on && /^```/ { exit } on' docs/temporal-security.md)
[ -n "$drop_in" ] || die 'docs/temporal-security.md has no drop-in for the keys'
install -d "$root/etc/systemd/system/vgpu-ferry-orchestrator.service.d"
echo "$drop_in" >"$root/etc/systemd/system/vgpu-ferry-orchestrator.service.d/codec.conf"
inside systemctl daemon-reload
inside systemctl restart vgpu-ferry-orchestrator || die "the orchestrator with keys: $(inside journalctl -u vgpu-ferry-orchestrator -o cat -n 20)"
inside cat "/proc/$(property vgpu-ferry-orchestrator MainPID)/environ" | tr '\0' '\n' >"$work/environ"
grep -q ^VGPU_FERRY_CODEC_KEYS= "$work/environ" || die 'the orchestrator was not given the keys'
say 'the orchestrator reads keys that only root may read, as a credential'

# TLS by the steps of docs/tls.md, with this container as its own peer: the agent's user has a certificate of its own.
functions=$(sed -n '/^authority() {/,/^}/p; /^certificate() {/,/^}/p; /^place() {/,/^}/p' docs/tls.md)
mkdir "$root/root/pki"
names=DNS:localhost,DNS:$(inside hostname)
(
  cd "$root/root/pki"
  eval "$functions"
  authority libvirt && authority qemu
  certificate libvirt packaged "$names" serverAuth,clientAuth
  certificate libvirt agent-of-packaged DNS:agent.localhost clientAuth
  certificate qemu packaged "$names" serverAuth,clientAuth
) 2>"$work/openssl.log" || die "certificates: $(cat "$work/openssl.log")"
inside bash -ec "cd /root/pki
  $functions
  place packaged
  own=/var/lib/vgpu-ferry/.pki/libvirt
  install -d -o vgpu-ferry -g vgpu-ferry -m 700 /var/lib/vgpu-ferry/.pki \$own
  install -o vgpu-ferry -g vgpu-ferry -m 600 libvirt-agent-of-packaged.pem \$own/clientcert.pem
  install -o vgpu-ferry -g vgpu-ferry -m 600 libvirt-agent-of-packaged-key.pem \$own/clientkey.pem
  $(grep '^systemctl stop libvirtd.socket' docs/tls.md)" || die "the steps of docs/tls.md fail: $(inside journalctl -u 'libvirtd*' -o cat --no-pager -n 25; inside systemctl status libvirtd.service libvirtd.socket libvirtd-tls.socket --no-pager)"
inside bash -ec "$(sed -n '/^echo .migrate_tls_force/,/^chgrp/p' docs/tls.md)"
echo '{ "host": "packaged", "requireTls": true, "peers": { "mirror": { "libvirtUri": "qemu+tls://localhost/system" } } }' >"$root/etc/vgpu-ferry/tls.json"
as_agent doctor --config /etc/vgpu-ferry/tls.json --json >"$work/doctor.json" || true # other topics may fail in a container
node -e '
  const { sections } = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf8"));
  const found = new Map(sections.flatMap(({ findings }) => findings.map((f) => [f.subject, f])));
  const wanted = ["TLS client certificate", "QEMU server certificate", "requireTls", "guests that arrive", "migration ports", "mirror: libvirt"];
  const bad = wanted.filter((subject) => found.get(subject)?.verdict !== "ok");
  const own = found.get("TLS client certificate")?.found ?? "";
  if (bad.length > 0 || !own.startsWith("/var/lib/vgpu-ferry/")) { console.error(bad, JSON.stringify(sections, null, 1)); process.exit(1); }
' "$work/doctor.json" || die "the doctor, as the agent's user, over TLS"
say "over TLS the agent's user opens a peer's libvirt with a certificate of its own"

inside systemctl kill -s KILL vgpu-ferry-agent
wait_for $LIMIT_S 'the agent to be back after SIGKILL' restarts vgpu-ferry-agent 1
say 'killed: back'

inside systemctl kill -s STOP vgpu-ferry-agent
inside systemctl kill -s STOP vgpu-ferry-orchestrator
wait_for $WATCHDOG_LIMIT_S 'the watchdog to restart the agent' restarts vgpu-ferry-agent 2
wait_for $WATCHDOG_LIMIT_S 'the watchdog to restart the orchestrator' restarts vgpu-ferry-orchestrator 1
say 'hung: the watchdog restarted both'

before=$(property vgpu-ferry-agent MainPID)
inside dpkg -i /root/vgpu-ferry.deb >/dev/null 2>&1
other_process() { [ "$(property vgpu-ferry-agent MainPID)" != "$before" ] && inside systemctl is-active vgpu-ferry-agent; }
wait_for $LIMIT_S 'the upgraded agent' other_process
say 'upgraded: the agent was restarted'

inside dpkg -r vgpu-ferry >/dev/null 2>&1
inside systemctl is-active vgpu-ferry-agent >/dev/null && die 'the agent runs on after its package was removed'
[ -e "$root/usr/lib/vgpu-ferry" ] && die 'removing left programs behind'
for kept in var/lib/vgpu-ferry/claims etc/vgpu-ferry/agent.json; do
  [ -e "$root/$kept" ] || die "removing took /$kept with it"
done
say 'removed: the ledger and the configuration stay'
say 'ok'
