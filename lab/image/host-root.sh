#!/bin/bash
# The hosts' root file system, initramfs and kernel. Both hosts run from this one image, each with its own throw-away
# layer; what tells them apart is on the kernel's command line (host/lab-init).

HOST_PACKAGES=libvirt-daemon,libvirt-daemon-driver-qemu,libvirt-daemon-driver-nodedev,libvirt-daemon-driver-secret,libvirt-daemon-log,libvirt-clients
HOST_PACKAGES+=,qemu-system-x86,mdevctl,udev,kmod,iproute2,netcat-openbsd,procps,cryptsetup-bin,openssh-server,busybox-static,nodejs
# A packaged host is Debian as an operator has it: systemd, polkit, AppArmor, libvirt with Debian's own settings.
PACKAGED_PACKAGES=$HOST_PACKAGES,systemd,dbus,polkitd,sudo,apparmor,libvirt-daemon-system
ROOT_SIZE=2G

build_host_root() {
  local packages=$HOST_PACKAGES
  [ "$VARIANT" = plain ] || packages=$PACKAGED_PACKAGES
  make_root "$WORK/root" "$packages"
}

configure_host_root() {
  local root=$WORK/root
  "configure_$VARIANT"
  install -m644 "$HERE/host/sshd.conf" "$root/etc/ssh/sshd_config.d/lab.conf"
  install -D -m755 "$WORK/chroot/payload/payload.elf" "$root/lab/payload.elf"
  mkdir -p "$root/opt/app"
  touch "$root/etc/hosts"
  : >"$root/etc/machine-id"
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
}

configure_plain() {
  install -m755 "$HERE/host/lab-init" "$root/sbin/lab-init"
  install -m644 "$HERE/host/inittab" "$root/etc/inittab"
  install -m644 "$HERE/host/libvirtd.conf" "$HERE/host/qemu.conf" "$root/etc/libvirt/"
}

configure_packaged() {
  install -m755 "$HERE/packaged/lab-init" "$root/sbin/lab-init"
  install -m755 "$HERE/packaged/lab-host-up" "$root/usr/local/sbin/lab-host-up"
  install -m644 "$HERE"/packaged/*.service "$root/etc/systemd/system/"
  chroot "$root" systemctl enable lab-host.service lab-ready.service ssh.service
  # Of no use here, and each costs seconds under emulation.
  chroot "$root" systemctl mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    fstrim.timer getty@tty1.service serial-getty@ttyS0.service systemd-timesyncd.service libvirt-guests.service
  rm -f "$root/etc/dpkg/dpkg.cfg.d/99mmdebstrap" # a package installed later brings its documents
}

# The key opens nothing but hosts of this image, whose ports are bound to the loopback.
install_ssh_keys() {
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$OUT/id"
  install -D -m600 "$OUT/id.pub" "$WORK/root/root/.ssh/authorized_keys"
  chroot "$WORK/root" ssh-keygen -A
}

# module_files NAMES... : the files of these modules and of all they need, in load order.
module_files() {
  local name
  for name in "$@"; do
    modprobe -d "$WORK/kernel/usr" -S "$KERNEL" --show-depends "$name"
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

# Only the modules that the hosts use, and decompressed: xz costs seconds under emulation.
install_modules() {
  local file files modules=$WORK/root/usr/lib/modules/$KERNEL
  rm -rf "$WORK/root/usr/lib/modules"
  mkdir -p "$modules/kernel"
  files=$(module_files virtio_net vfio_iommu_type1 mdev vfio_pci tun bridge)
  for file in $files; do
    xz -dc "$file" >"$modules/kernel/$(basename "${file%.xz}")"
  done
  cp "$WORK/chroot/mtty/mtty.ko" "$WORK/chroot/vfio/vfio.ko" "$modules/kernel/"
  strip --strip-debug "$modules"/kernel/*.ko
  cp "$WORK/kernel/usr/lib/modules/$KERNEL"/modules.{builtin,builtin.modinfo,order} "$modules/"
  depmod -b "$WORK/root" "$KERNEL"
}

build_initramfs() {
  local file files name ramfs=$WORK/initramfs
  mkdir -p "$ramfs/bin" "$ramfs/modules"
  files=$(module_files virtio_blk ext4)
  for file in $files; do
    name=$(basename "${file%.xz}")
    xz -dc "$file" >"$ramfs/modules/$name"
    echo "$name" >>"$ramfs/modules.order"
  done
  cp "$WORK/root/usr/bin/busybox" "$ramfs/bin/busybox"
  install -m755 "$HERE/host/initramfs-init" "$ramfs/init"
  (cd "$ramfs" && find . | cpio -o -H newc --quiet | gzip -1) >"$OUT/initrd.img"
}

build_disk() {
  cp "$WORK/kernel/boot/vmlinuz-$KERNEL" "$OUT/vmlinuz"
  truncate -s "$ROOT_SIZE" "$OUT/root.raw"
  mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1 -d "$WORK/root" "$OUT/root.raw"
}
