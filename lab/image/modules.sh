#!/bin/bash
# The kernel side: Debian's kernel, the mtty sample driver (a mediated device that can migrate), a repaired vfio.ko, and the
# guest's payload; all compiled in a chroot of the hosts' own suite.

BUILD_PACKAGES=linux-headers-amd64,linux-image-amd64-,make,gcc,libc6-dev

MTTY_PORTS=8

build_chroot() {
  make_root "$WORK/chroot" "$BUILD_PACKAGES" --customize-hook="sh $HERE/fetch-kernel.sh \"\$1\""
}

kernel_version() { basename "$WORK"/chroot/lib/modules/*; }

unpack_kernel() {
  local downloads=$WORK/chroot/downloads
  dpkg-deb -x "$downloads"/linux-image-*.deb "$WORK/kernel"
  depmod -b "$WORK/kernel/usr" "$KERNEL"
  mkdir -p "$WORK/source"
  dpkg-deb --fsys-tarfile "$downloads"/linux-source-*.deb |
    tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
    tar -xJ -C "$WORK/source" --strip-components=1 --wildcards \
      '*/samples/vfio-mdev/mtty.c' '*/drivers/vfio/*.[ch]' '*/drivers/iommu/iommufd/iova_bitmap.c'
}

# compile NAME : builds the kernel module in chroot/NAME.
compile() {
  chroot "$WORK/chroot" make -C "/lib/modules/$(kernel_version)/build" "M=/$1" modules
}

build_mtty() {
  local folder=$WORK/chroot/mtty
  mkdir "$folder"
  # Fewer ports than its 24: a host that is full is a scenario, and libvirt takes a second for each device.
  sed "s/^#define MAX_MTTYS.*/#define MAX_MTTYS $MTTY_PORTS/" \
    "$WORK/source/samples/vfio-mdev/mtty.c" >"$folder/mtty.c"
  grep -q "^#define MAX_MTTYS $MTTY_PORTS$" "$folder/mtty.c"
  echo 'obj-m := mtty.o' >"$folder/Makefile"
  compile mtty
}

# Debian's kernel has CONFIG_IOMMUFD off, and the stubs that then stand in for iova_bitmap.c make every report of dirty
# pages fail ("Failed to get DMA logging report"): no device that logs dirty pages could migrate. vfio.ko is therefore
# built again with the real file inside.
build_vfio() {
  local folder=$WORK/chroot/vfio
  mkdir "$folder"
  cp "$WORK"/source/drivers/vfio/*.[ch] "$WORK/source/drivers/iommu/iommufd/iova_bitmap.c" "$folder/"
  cat >"$folder/Makefile" <<'MAKEFILE'
ccflags-y += -DCONFIG_IOMMUFD_DRIVER=1
obj-m := vfio.o
vfio-y := vfio_main.o group.o container.o virqfd.o iova_bitmap.o
MAKEFILE
  compile vfio
}

build_payload() {
  cp -r "$HERE/payload" "$WORK/chroot/payload"
  chroot "$WORK/chroot" sh /payload/build.sh /payload/payload.elf
}
