#!/usr/bin/env bash
# Lays a full file system over directories that are written to, as a layer: what is in them stays to be seen.
#   full_disk.sh lay | lift
set -euo pipefail

directories=(/opt/vigil/prometheus /etc/vigil/prometheus /etc/systemd/system)
small=/run/small

lay() {
  mkdir "$small"
  mount -t tmpfs -o size=1m small "$small"
  for directory in "${directories[@]}"; do
    mkdir -p "$small$directory"/{new,work}
    mount -t overlay -o "lowerdir=$directory,upperdir=$small$directory/new,workdir=$small$directory/work" small "$directory"
  done
  fallocate --length 1m "$small/filler"
}

lift() {
  umount "${directories[@]}" "$small"
  rmdir "$small"
}

"$1"
