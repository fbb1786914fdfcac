#!/bin/bash
# build.sh [packaged] : builds the image that both lab hosts boot from, unless the cache has it, and prints its folder:
# root.raw, vmlinuz, initrd.img, and the ssh key `id`. `packaged`: hosts that boot systemd, for the Debian package.
# The cache's key is a hash of everything in this folder, so a changed script, payload, suite or package list builds anew.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lab/image/say.sh
. "$HERE/say.sh"
# shellcheck source=lab/image/needs.sh
. "$HERE/needs.sh"
# shellcheck source=lab/image/mirror.sh
. "$HERE/mirror.sh"
# shellcheck source=lab/image/modules.sh
. "$HERE/modules.sh"
# shellcheck source=lab/image/host-root.sh
. "$HERE/host-root.sh"

VARIANT=${1:-plain}
CACHE=${VGPU_FERRY_LAB_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/vgpu-ferry/lab}

image_key() {
  (cd "$HERE" && find . -type f | LC_ALL=C sort | xargs sha256sum) | sha256sum | cut -c1-16
}

# step WHAT COMMAND... : one part of the build, named and timed.
step() {
  local what=$1 started=$SECONDS
  shift
  run_logged "$WORK/step.log" "$@"
  say "  $what ($((SECONDS - started)) s)"
}

build_in() {
  OUT=$1/image
  WORK=$1/work
  mkdir -p "$OUT" "$WORK"
  MIRROR=$(debian_mirror)
  step 'build chroot, kernel and its source' build_chroot
  KERNEL=$(kernel_version)
  step "kernel $KERNEL unpacked" unpack_kernel
  step 'mtty.ko' build_mtty
  step 'vfio.ko' build_vfio
  step "guest's payload" build_payload
  step "hosts' packages" build_host_root
  step "hosts' configuration" configure_host_root
  step 'ssh keys' install_ssh_keys
  step 'kernel modules' install_modules
  step 'initramfs' build_initramfs
  step 'root disk' build_disk
}

# Built beside its place and renamed when complete: nobody ever sees a torn image, and of two builders one wins.
build_image() {
  local image=$1 scratch started=$SECONDS
  mkdir -p "$CACHE"
  scratch=$(mktemp -d "$CACHE/.building-XXXXXX")
  # shellcheck disable=SC2064 # the folder's name of now is meant
  trap "rm -rf --one-file-system '$scratch'" EXIT
  say "building the hosts' image (Debian $SUITE: kernel, libvirt, QEMU, Node.js); this takes 2 to 4 minutes, once"
  build_in "$scratch"
  mv -T "$scratch/image" "$image" 2>/dev/null || [ -f "$image/root.raw" ] || fail "could not put the image at $image."
  say "built in $((SECONDS - started)) s: $image"
}

main() {
  local image
  require_machine
  image=$CACHE/image-$(image_key)
  [ "$VARIANT" = plain ] || image+=-$VARIANT
  [ -f "$image/root.raw" ] || build_image "$image"
  echo "$image"
}

main
