#!/bin/bash
# Prints the folder that has `prometheus` and `promtool`: of this machine, if it has both, else of Debian's package, of which
# nothing is installed: its service would start, and only these two programs are wanted (19 MB, fetched once).
set -euo pipefail

if command -v prometheus >/dev/null && tool=$(command -v promtool); then
  dirname "$tool"
  exit 0
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/vgpu-ferry/prometheus
if [ -x "$cache/prometheus" ] && [ -x "$cache/promtool" ]; then
  echo "$cache"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fetch() { apt-get -qq -o APT::Sandbox::User=root download prometheus >&2; }
fetch || { apt-get -qq update >&2 && fetch; } || {
  echo 'prometheus.sh: prometheus and promtool are not on this machine, and Debian has no package for it: install them' >&2
  exit 1
}
dpkg-deb -x prometheus_*.deb .
mkdir -p "$(dirname "$cache")"
# a check that runs at the same time may have been first
mv -T usr/bin "$cache" 2>/dev/null || [ -x "$cache/promtool" ]
echo "$cache"
