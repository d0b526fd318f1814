#!/bin/sh
# Copies the files of some installed packages, and of every package they need, into an empty root file system.
#
#   rpm-minimal-root.sh TARGET PACKAGE... [-- PATTERN...]
#
# A needed package stays out if it only serves installation, or people at a terminal (shells and tools: nothing here runs
# them). Documentation, manual pages, translations and programs stay out too; licences stay. Paths that match a PATTERN
# stay out; a PATTERN that begins with + is a program that comes in. What is in stays readable for scanners: rpm's
# database has these packages and no others. Ends with an error if a library that something links to is not in.
#
# It does with what the smallest roots have: neither find nor tar nor awk.
set -eu
# shellcheck source=minimal-root.sh
. "${0%/*}/minimal-root.sh"

stays_out="alternatives basesystem bash chkconfig coreutils coreutils-common coreutils-single crypto-policies-scripts dash filesystem findutils
	gawk grep info p11-kit p11-kit-trust openssl sed setup shadow-utils system-release util-linux util-linux-core which"
# There for their data: what their programs need is none of theirs.
data="ca-certificates crypto-policies tzdata"

named() { # whether a word is in a list of words
	for one in $2; do
		[ "$one" != "$1" ] || return 0
	done
	return 1
}

# --- which packages
provider() { # the installed packages that provide these, each once
	[ $# -eq 0 ] || rpm -q --whatprovides --queryformat '%{NAME}\n' "$@" 2>/dev/null | grep -v ' ' | sort -u
}
while read -r name; do provider "$name"; done <"$work/named" >"$work/packages"
# A program may be a link to another.
while read -r program; do
	[ ! -e "$program" ] || readlink -f "$program"
done <"$work/programs" >"$work/linked"
cat "$work/linked" >>"$work/programs"

cp "$work/packages" "$work/todo"
while [ -s "$work/todo" ]; do
	read -r package <"$work/todo"
	sed -i 1d "$work/todo"
	! named "$package" "$data" || continue
	# Names without the versions that they are wanted at. Of `(a or b)` either may be there; rpm itself is what `rpmlib(…)` asks for.
	rpm -q --requires "$package" | sed 's/ or \| with \| and /\n/g' |
		sed 's/^(\+\([a-z]\)/\1/; s/ [<>=i].*//; /(/!s/)*$//; /^rpmlib(/d; /^$/d' | sort -u >"$work/needs"
	set --
	while read -r need; do set -- "$@" "$need"; done <"$work/needs"
	for name in $(provider "$@"); do
		if named "$name" "$stays_out" || grep -qx "$name" "$work/packages"; then continue; fi
		echo "$name" >>"$work/packages"
		echo "$name" >>"$work/todo"
	done
done
sort -u -o "$work/packages" "$work/packages"

# --- which files
excluded() {
	case "$1" in
	/usr/share/doc/*/copyright | /usr/share/licenses/*) return 1 ;;
	/usr/share/doc/* | /usr/share/man/* | /usr/share/info/* | /usr/share/locale/* | /usr/share/i18n/* | /usr/lib/.build-id/*) return 0 ;;
	/usr/share/bash-completion/* | /usr/share/pixmaps/* | /usr/share/applications/* | /usr/lib/systemd/* | /usr/lib/rpm/*) return 0 ;;
	/usr/lib*/gconv/* | /etc/cron*/* | /etc/profile.d/* | /etc/rpm/*) return 0 ;;
	/usr/bin/* | /usr/sbin/*) ! is_program "$1" && return 0 ;;
	esac
	matches_pattern "$1"
}
# /lib, /bin … are links to /usr; older packages still list paths through them.
while read -r package; do
	rpm -q --list "$package"
done <"$work/packages" | sed -E '/^\(/d; s,^/(bin|sbin|lib|lib64)(/|$),/usr/\1\2,' | sort -u |
	while read -r path; do
		if is_there "$path"; then
			if [ -d "$path" ] && ! [ -L "$path" ]; then continue; fi
			excluded "$path" || echo "$path"
		fi
	done >"$work/files"
# Made by installation scripts, or of packages that stay out: a program that runs needs these.
for path in /etc/ld.so.conf /etc/ld.so.conf.d /etc/nsswitch.conf /etc/host.conf /etc/passwd /etc/group /etc/protocols /etc/services \
	/etc/localtime /etc/os-release /usr/lib/os-release /etc/system-release /usr/lib/system-release /usr/lib/locale/C.utf8 \
	/etc/crypto-policies /etc/pki/ca-trust/extracted /etc/pki/tls/cert.pem /etc/pki/tls/certs /etc/pki/tls/openssl.cnf /etc/ssl; do
	if is_there "$path"; then echo "$path"; fi
done >>"$work/files"

# --- copy
empty_root var/lib
put() { [ $# -eq 0 ] || cp -a --parents "$@" "$target"; }
sort -u "$work/files" | {
	set --
	while read -r path; do
		set -- "$@" "$path"
		[ $# -lt 200 ] || { put "$@" && set --; }
	done
	put "$@"
}
ldconfig -r "$target"
rm -rf "$target/var/cache/ldconfig"

# --- what scanners read
database=$(rpm --eval '%{_dbpath}')
mkdir -p "$target$database"
cp -a "$database/." "$target$database/"
rm -f "$target$database"/__db.* "$target$database"/.*.lock # of the database that it was copied from
rpm -qa --queryformat '%{NAME} %{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}\n' | {
	set --
	while read -r name package; do
		grep -qx "$name" "$work/packages" || set -- "$@" "${package%.(none)}"
	done
	[ $# -eq 0 ] || rpm --dbpath "$target$database" --erase --justdb --nodeps --noscripts --notriggers --allmatches "$@"
}
rpm --dbpath "$target$database" --rebuilddb

nothing_is_missing
