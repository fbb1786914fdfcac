#!/bin/sh
# Builds the Debian package for this machine's architecture: packages/vgpu-ferry_<version>_<architecture>.deb
# Needs the project's own modules (npm ci) and Debian's debhelper and dpkg-dev.
set -eu
cd "$(dirname "$0")/.."

for tool in dpkg-buildpackage dh; do
  command -v "$tool" >/dev/null || {
    echo "build-deb: $tool is missing: apt-get install dpkg-dev debhelper" >&2
    exit 1
  }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
source=$work/vgpu-ferry
mkdir "$source"

node scripts/build.js
node packaging/bundle.js "$source/tree"
cp -r packaging/debian packaging/systemd packaging/agent.json packaging/temporal.env README.md docs man LICENSE deploy/prometheus/alerts.yml deploy/grafana/vgpu-ferry.json "$source/"

mkdir "$source/completion"
for shell in bash zsh fish; do
  node dist/src/cli/main.js completion "$shell" >"$source/completion/$shell"
done

# One commit, one package: its date, and the version of package.json.
version=$(node -p 'require("./package.json").version')
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || date +%s)
export SOURCE_DATE_EPOCH
cat >"$source/debian/changelog" <<CHANGELOG
vgpu-ferry ($version) unstable; urgency=medium

  * See the project's history.

 -- The vgpu-ferry authors <vgpu-ferry@localhost>  $(date -R -u -d "@$SOURCE_DATE_EPOCH")
CHANGELOG

# -d: Node.js need not be Debian's own where the package is built.
(cd "$source" && dpkg-buildpackage --build=binary --no-sign -d)
mkdir -p packages
cp "$work"/vgpu-ferry_*.deb packages/
ls packages/vgpu-ferry_"$version"_*.deb
