#!/bin/sh
# Moves a running guest with one mediated device to another host, as an expert would do it by hand. `npm run bench:lab` measures
# LiveMigrateVgpu beside it. It checks nothing, remembers nothing, and undoes nothing.
#
#   by-hand.sh GUEST PEER_URI MDEV TYPE PARENT [lasting]
#
# lasting: the new device outlives a reboot of its host, as the guest does that needs it.
# From another machine: LIBVIRT_DEFAULT_URI is the source as that one reaches it, PEER_HERE the destination.
set -eu
guest=$1 peer=$2 mdev=$3 type=$4 parent=$5 device=${6:-transient}
here=${PEER_HERE:-$peer}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

target=$(cat /proc/sys/kernel/random/uuid)
echo "<device><parent>$parent</parent><capability type='mdev'><type id='$type'/><uuid>$target</uuid></capability></device>" >"$work/mdev.xml"
if [ "$device" = lasting ]; then
  defined=$(virsh -c "$here" nodedev-define "$work/mdev.xml")
  virsh -q -c "$here" nodedev-start "$(expr "$defined" : "[^']*'\([^']*\)'")"
else
  virsh -q -c "$here" nodedev-create "$work/mdev.xml"
fi

virsh -q dumpxml --migratable --security-info "$guest" | sed "s/$mdev/$target/" >"$work/live.xml"
virsh -q dumpxml --inactive --security-info "$guest" | sed "s/$mdev/$target/" >"$work/defined.xml"
virsh -q migrate --p2p --live --persistent --undefinesource \
  --xml "$work/live.xml" --persistent-xml "$work/defined.xml" "$guest" "$peer"

virsh -q -c "$here" autostart "$guest"
device=$(virsh -q nodedev-list --cap mdev | grep "$(echo "$mdev" | tr - _)")
virsh -q nodedev-destroy "$device"
