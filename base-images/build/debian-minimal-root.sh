#!/bin/sh
# Copies the files of some installed packages, and of every package they need, into an empty root file system.
#
#   debian-minimal-root.sh TARGET PACKAGE... [-- PATTERN...]
#
# A needed package stays out if Debian calls it essential (shells and tools: nothing here runs them) or if it only
# serves installation. Documentation, manual pages, translations and programs stay out too; licences stay. Paths that
# match a PATTERN stay out; a PATTERN that begins with + is a program that comes in. What is in stays readable for scanners:
# /var/lib/dpkg/status has these packages and no others. Ends with an error if a library that something links to is not in.
set -eu
# shellcheck source=minimal-root.sh
. "${0%/*}/minimal-root.sh"

installers="debconf openssl readline-common"

# --- which packages
needed_by() {
	dpkg-query -W -f '${Pre-Depends},${Depends}\n' "$1" | sed 's/[,|]/\n/g' | sed 's/[(:].*//; s/ //g; /^$/d'
}
stays_out() {
	case " $installers " in *" $1 "*) return 0 ;; esac
	[ "$(dpkg-query -W -f '${Essential}' "$1" 2>/dev/null)" = yes ]
}
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

package_of() { # of a name that an installed package provides
	dpkg-query -W -f '${db:Status-Status}|${Package}|${Provides}\n' | sed 's/ ([^)]*)//g; s/, */,/g' |
		awk -F '|' -v name="$1" '$1 == "installed" && index("," $3 ",", "," name ",") { print $2; exit }'
}
while read -r name; do
	if is_installed "$name"; then echo "$name"; else package_of "$name"; fi
done <"$work/named" >"$work/packages"

cp "$work/packages" "$work/todo"
while [ -s "$work/todo" ]; do
	package=$(head -n 1 "$work/todo")
	sed -i 1d "$work/todo"
	for name in $(needed_by "$package"); do
		if grep -qx "$name" "$work/packages" || ! is_installed "$name" || stays_out "$name"; then continue; fi
		echo "$name" >>"$work/packages"
		echo "$name" >>"$work/todo"
	done
done
sort -o "$work/packages" "$work/packages"

# --- which files
excluded() {
	case "$1" in
	/usr/share/doc/*/copyright) return 1 ;;
	/usr/share/doc/* | /usr/share/man/* | /usr/share/info/* | /usr/share/locale/* | /usr/share/lintian/* | /usr/share/bug/*) return 0 ;;
	/usr/share/bash-completion/* | /usr/share/menu/* | /usr/share/pixmaps/* | /usr/share/applications/*) return 0 ;;
	/usr/lib/*/gconv/* | /usr/share/python3/* | /usr/share/binfmts/* | /etc/init.d/* | /etc/cron*/*) return 0 ;;
	/usr/bin/* | /usr/sbin/* | /bin/* | /sbin/*) ! is_program "$1" && return 0 ;;
	esac
	matches_pattern "$1"
}
# /lib, /bin … are links to /usr on every supported release; older packages still list paths through them.
while read -r package; do
	dpkg-query -L "$package"
done <"$work/packages" | sed -E 's,^/(bin|sbin|lib|lib64)(/|$),/usr/\1\2,' | sort -u |
	while read -r path; do
		if is_there "$path"; then
			if [ -d "$path" ] && ! [ -L "$path" ]; then continue; fi
			excluded "$path" || echo "$path"
		fi
	done >"$work/files"
# Made by installation scripts, or of essential packages: a program that runs needs these, no package of above has them.
for path in /etc/ld.so.conf /etc/ld.so.conf.d /etc/nsswitch.conf /etc/host.conf /etc/passwd /etc/group /etc/localtime /etc/timezone \
	/etc/os-release /usr/lib/os-release /etc/debian_version /usr/lib/locale/C.utf8 \
	/etc/ssl/certs /etc/ssl/openssl.cnf /usr/lib/ssl/cert.pem /usr/lib/ssl/certs /usr/lib/ssl/openssl.cnf; do
	if is_there "$path"; then find "$path" ! -type d; fi
done >>"$work/files"

# --- copy
empty_root var/lib/dpkg
sed 's,^/,,' "$work/files" | sort -u | tar -C / -cf - -T - | tar -C "$target" -xpf -
ldconfig -r "$target"
rm -rf "$target/var/cache/ldconfig"

# --- what scanners read
awk -v names="$(tr '\n' ' ' <"$work/packages")" '
	BEGIN { RS = ""; ORS = "\n\n"; split(names, list, " "); for (i in list) wanted[list[i]] = 1 }
	{ name = $0; sub(/^Package: /, "", name); sub(/\n.*/, "", name); if (name in wanted) print }
' /var/lib/dpkg/status >"$target/var/lib/dpkg/status"

nothing_is_missing
