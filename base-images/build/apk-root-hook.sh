#!/bin/sh
# Makes a container's root of a virtual machine's, given its folder: what boots, mounts and serves a machine goes.
set -eu
root=${1:?}

keep="alpine-baselayout alpine-keys alpine-release apk-tools busybox ca-certificates curl musl-utils"
world=$(tr '\n' ' ' <"$root/etc/apk/world")
gone=""
for package in $world; do
	case " $keep " in *" $package "*) ;; *) gone="$gone $package" ;; esac
done
# shellcheck disable=SC2086 # names without blanks
[ -z "$gone" ] || chroot "$root" apk --no-network --no-scripts --quiet del $gone
for folder in boot lib/modules lost+found root tmp var/cache var/log; do
	[ ! -d "$root/$folder" ] || find "${root:?}/$folder" -mindepth 1 -delete
done
rmdir "$root/lost+found" "$root/lib/modules"
rm -f "$root/etc/hostname" "$root/etc/resolv.conf" "$root/etc/machine-id" "$root/etc/fstab" "$root"/etc/ssh/ssh_host_*

# No repository is reached where this is done, and time zones are data, not code: they are this machine's, as a package
# of their own name that is plainly none of Alpine's.
zones=/usr/share/zoneinfo
if [ ! -d "$root$zones" ] && [ -d "$zones" ]; then
	mkdir -p "$root$zones"
	cp -rL "$zones/." "$root$zones/"
	printf 'C:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\nP:tzdata\nV:0\nA:noarch\nT:time zones of the machine that made this root: a stand-in\n\n' >>"$root/lib/apk/db/installed"
	echo tzdata >>"$root/etc/apk/world"
fi
