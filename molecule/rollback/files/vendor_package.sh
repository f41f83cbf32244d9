#!/usr/bin/env bash
# Builds and installs a package of somebody else that brings a node_exporter where packages of Debian have their parts.
set -euo pipefail

root=$(mktemp -d)
mkdir -p "$root"/{DEBIAN,lib/systemd/system,etc/node_exporter}
printf '[Service]\nExecStart=/bin/sleep infinity\n' >"$root/lib/systemd/system/node_exporter.service"
printf 'Package: vendor-node-exporter\nVersion: 1\nArchitecture: all\nMaintainer: A vendor\nDescription: An exporter\n' \
  >"$root/DEBIAN/control"
chmod -R u=rwX,go=rX "$root"
dpkg-deb --build --root-owner-group "$root" "$root.deb"
dpkg --install "$root.deb"
rm -r "$root" "$root.deb"
