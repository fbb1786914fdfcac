#!/bin/bash
# app-disk.sh FOLDER DISK : makes the read-only ext4 disk that the hosts mount at /opt/app. Renamed when complete.
set -euo pipefail
folder=${1:?folder to put on the disk} disk=${2:?file to write}
megabytes=$(($(du -sm --apparent-size "$folder" | cut -f1) * 5 / 4 + 64))
rm -f "$disk.new"
truncate -s "${megabytes}M" "$disk.new"
mkfs.ext4 -q -F -O ^has_journal -E lazy_itable_init=1 -d "$folder" "$disk.new"
mv "$disk.new" "$disk"
