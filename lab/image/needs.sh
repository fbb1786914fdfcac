#!/bin/bash
# What the machine must have before an image can be built: root, and some Debian packages.

# "command package" pairs: the command is looked for, the package is what to install.
NEEDS=(
  'mmdebstrap mmdebstrap'
  'qemu-system-x86_64 qemu-system-x86'
  'virsh libvirt-clients'
  'cpio cpio'
  'busybox busybox-static'
  'modprobe kmod'
  'xz xz-utils'
  'mkfs.ext4 e2fsprogs'
  'ssh openssh-client'
)
DEBIAN_KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg

missing_packages() {
  local need
  for need in "${NEEDS[@]}"; do
    command -v "${need% *}" >/dev/null || echo "${need#* }"
  done
  [ -f "$DEBIAN_KEYRING" ] || echo debian-archive-keyring
}

install_packages() {
  say "installing: $*"
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}

require_machine() {
  export PATH=$PATH:/usr/sbin:/sbin
  [ "$(uname -m)" = x86_64 ] || fail "the lab's hosts are x86_64; this machine is $(uname -m)."
  [ "$(id -u)" = 0 ] || fail 'building the lab needs root (it makes a root file system with its owners): run it as root.'
  command -v apt-get >/dev/null || fail 'the lab is built from Debian packages, and this machine has no apt-get.'
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} = 0 ] && return
  if [ -n "${CI:-}" ] || [ "${LAB_INSTALL:-0}" = 1 ]; then
    install_packages "${missing[@]}"
  else
    fail "missing Debian packages: ${missing[*]}." \
      "Install them with:  apt-get install --no-install-recommends ${missing[*]}" \
      'or set LAB_INSTALL=1, and this script does.'
  fi
}
