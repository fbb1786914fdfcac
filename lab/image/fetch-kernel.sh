#!/bin/sh
# Run by mmdebstrap while its new chroot still has the network: downloads the kernel package and its source there,
# unpacked later by modules.sh (installing them would pull in an initramfs generator and a boot loader).
set -eu
kernel=$(basename "$1"/lib/modules/*)
series=$(echo "$kernel" | cut -d. -f1,2)
mkdir -p "$1/downloads"
chroot "$1" sh -c "cd /downloads && apt-get -o APT::Sandbox::User=root download -qq linux-image-$kernel linux-source-$series"
