#!/bin/bash
# Builds the Debian package, and sees that what it installs is whole and has nothing that it should not: the demo has to run from
# it alone, and systemd has to understand its units.
set -euo pipefail
cd "$(dirname "$0")/.."

# Beside Node.js; the native library of Temporal's SDK is most of it.
readonly MOST_MIB=60

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

package=$(packaging/build-deb.sh | tail -1)
dpkg-deb -x "$package" "$work"

mib=$(du -sm --apparent-size "$work" | cut -f1)
if ((mib > MOST_MIB)); then
  echo "check-deb: $mib MiB installed, more than $MOST_MIB" >&2
  exit 1
fi

foreign=$(find "$work" \( -path '*darwin*' -o -path '*windows*' -o -path '*win32*' -o -name '*webpack*' -o -name '*swc*' \) -print)
if [ -n "$foreign" ]; then
  printf 'check-deb: the package has what no host needs:\n%s\n' "$foreign" >&2
  exit 1
fi

# Each manual page is there, and reads without a warning; man-db comes with debhelper.
for manual in man1/vgpu-ferry.1 man5/vgpu-ferry-agent.json.5; do
  complaints=$(man --warnings --local-file "$work/usr/share/man/$manual.gz" 2>&1 >"$work/manual")
  if [ -n "$complaints" ] || ! grep -q '^NAME' "$work/manual"; then
    echo "check-deb: $manual: ${complaints:-empty}" >&2
    exit 1
  fi
done

for shell in bash-completion/completions/vgpu-ferry zsh/vendor-completions/_vgpu-ferry fish/vendor_completions.d/vgpu-ferry.fish; do
  grep -q vgpu-ferry "$work/usr/share/$shell" || {
    echo "check-deb: no completion in /usr/share/$shell" >&2
    exit 1
  }
done
bash -n "$work/usr/share/bash-completion/completions/vgpu-ferry"

# The units name /usr/bin/vgpu-ferry, which is not installed here: below another root it is.
units=("$work"/lib/systemd/system/*.service)
if command -v systemd-analyze >/dev/null; then
  for unit in "${units[@]}"; do
    sed "s#/usr/bin/vgpu-ferry#$work/usr/lib/vgpu-ferry/dist/src/cli/main.js#" "$unit" >"$work/${unit##*/}"
    systemd-analyze verify --man=no "$work/${unit##*/}"
  done
fi

# Nothing of the project around it.
cp -r "$work/usr/lib/vgpu-ferry" "$work/elsewhere"
{ (cd "$work" && elsewhere/dist/src/cli/main.js demo >"$work/demo.log" 2>&1) && grep -q 'runs on host-b' "$work/demo.log"; } || {
  cat "$work/demo.log" >&2
  echo 'check-deb: the demo from the package does not end with the guest on host-b' >&2
  exit 1
}
echo "check-deb: $package, $mib MiB installed, the demo runs from it"
