#!/bin/sh
# build.sh OUT : the guest's payload, a freestanding 32-bit multiboot program; needs gcc and binutils only.
set -eu
cd "$(dirname "$0")"
gcc -m32 -march=i686 -O1 -ffreestanding -fno-pic -no-pie -nostdlib -fno-stack-protector \
  -fno-asynchronous-unwind-tables -Wl,--build-id=none -Wl,-z,noexecstack -Wl,--no-warn-rwx-segments \
  -T link.ld -o "${1:?output file}" boot.S payload.c
