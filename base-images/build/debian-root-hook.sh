#!/bin/sh
# Last step of mmdebstrap, given the new root: what stays in an image must not tell where it was made.
set -eu
root=$1

# The package source is the distribution's own documented example, never the mirror that was used here.
rm -f "$root/etc/apt/sources.list" "$root"/etc/apt/sources.list.d/*
example=$root/usr/share/doc/apt/examples/debian.sources
if [ -e "$example" ]; then
	sed '/^##/d' "$example" >"$root/etc/apt/sources.list.d/debian.sources"
else
	cp "$root/usr/share/doc/apt/examples/sources.list" "$root/etc/apt/sources.list"
fi
find "$root/etc/apt" \( -name debian.sources -o -name sources.list \) -exec chmod 0644 {} +
rm -rf "$root"/var/log/apt "$root"/var/log/*.log "$root"/var/cache/ldconfig/aux-cache "$root"/var/lib/dpkg/*-old
rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/etc/machine-id"
