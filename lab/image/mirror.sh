#!/bin/bash
# Where Debian packages come from: the archive that this machine's own apt is set up with, found and reached through
# apt itself, so that .list and .sources files, proxies and private certificates all count.

SUITE=trixie

# Every repository that apt knows, one URI a line.
apt_repositories() {
  # shellcheck disable=SC2016 # apt expands it
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | awk '!seen[$0]++'
}

offers_suite() {
  local probe
  probe=$(mktemp -u)
  /usr/lib/apt/apt-helper download-file "${1%/}/dists/$SUITE/InRelease" "$probe" >/dev/null 2>&1
  local answer=$?
  rm -f "$probe"
  return $answer
}

# The first of apt's repositories that offers the hosts' suite.
debian_mirror() {
  local uri
  if [ -n "${LAB_DEBIAN_MIRROR:-}" ]; then
    echo "$LAB_DEBIAN_MIRROR"
    return
  fi
  for uri in $(apt_repositories); do
    if offers_suite "$uri"; then
      echo "${uri%/}"
      return
    fi
  done
  fail "none of this machine's apt sources offers Debian $SUITE, which the lab's hosts are made of." \
    'Set LAB_DEBIAN_MIRROR to the address of a Debian archive that does.'
}

# apt options that a root built here must be given, because it has its own apt configuration.
apt_proxy_options() {
  apt-config dump --format '%f "%v";%n' | grep -E '^Acquire::https?::Proxy ' || true
}

# make_root FOLDER PACKAGES EXTRA-OPTIONS... : a minimal Debian root.
make_root() {
  local root=$1 packages=$2 proxy
  shift 2
  local options=(--variant=minbase --mode=root
    --aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"'
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*'
    --dpkgopt='path-exclude=/usr/share/locale/*')
  while read -r proxy; do
    [ -z "$proxy" ] || options+=(--aptopt="$proxy")
  done < <(apt_proxy_options)
  mmdebstrap "${options[@]}" --include="$packages" "$@" "$SUITE" "$root" \
    "deb [signed-by=$DEBIAN_KEYRING] $MIRROR $SUITE main"
}
