#!/bin/sh
# Copies the files of some installed packages, and of every package they need, into an empty root file system.
#
#   apk-minimal-root.sh TARGET PACKAGE... [-- PATTERN...]
#
# A needed package stays out if it is of the root itself (shell, tools, package manager: nothing here runs them).
# Documentation, manual pages, translations and programs stay out too; licences stay. Paths that match a PATTERN stay
# out; a PATTERN that begins with + is a program that comes in. What is in stays readable for scanners:
# /lib/apk/db/installed has these packages and no others. Ends with an error if a library that something links to is not in.
set -eu
# shellcheck source=minimal-root.sh
. "${0%/*}/minimal-root.sh"

database=/lib/apk/db/installed
# The root's own; and what is there for its data, so that its programs' needs are none.
stays_out="alpine-baselayout alpine-baselayout-data alpine-keys alpine-release apk-tools busybox busybox-binsh musl-utils scanelf"
data="ca-certificates ca-certificates-bundle tzdata"

# --- which packages: names, and what they provide, without versions
awk -v named="$(tr '\n' ' ' <"$work/named")" -v out="$stays_out" -v data="$data" '
	function bare(token) { sub(/[<>=~].*/, "", token); return token }
	BEGIN {
		RS = ""; FS = "\n"
		split(out, list, " "); for (i in list) is_out[list[i]] = 1
		split(data, list, " "); for (i in list) is_data[list[i]] = 1
	}
	{
		name = ""
		for (i = 1; i <= NF; i++) if ($i ~ /^P:/) name = substr($i, 3)
		provider[name] = name
		for (i = 1; i <= NF; i++) {
			if ($i ~ /^D:/) needs[name] = substr($i, 3)
			if ($i ~ /^p:/) {
				count = split(substr($i, 3), tokens, " ")
				for (j = 1; j <= count; j++) if (!(bare(tokens[j]) in provider)) provider[bare(tokens[j])] = name
			}
		}
	}
	END {
		last = split(named, queue, " ")
		for (next_one = 1; next_one <= last; next_one++) {
			name = provider[bare(queue[next_one])]
			if (name == "" || name in taken) continue
			taken[name] = 1
			print name
			if (name in is_data) continue
			count = split(needs[name], tokens, " ")
			for (j = 1; j <= count; j++) if (!(provider[bare(tokens[j])] in is_out)) queue[++last] = tokens[j]
		}
	}
' "$database" | sort >"$work/packages"

# --- which files
excluded() {
	case "$1" in
	/usr/share/licenses/*) return 1 ;;
	/usr/share/doc/* | /usr/share/man/* | /usr/share/info/* | /usr/share/locale/* | /usr/share/apk/* | /lib/apk/*) return 0 ;;
	/usr/bin/* | /usr/sbin/* | /bin/* | /sbin/* | /usr/libexec/* | /etc/apk/* | /etc/ca-certificates/* | /etc/init.d/*)
		! is_program "$1" && return 0
		;;
	esac
	matches_pattern "$1"
}
of_packages() { # as the database has them: their files, or their entries themselves
	awk -v names="$(tr '\n' ' ' <"$work/packages")" -v what="$1" '
		BEGIN { RS = ""; ORS = "\n"; FS = "\n"; split(names, list, " "); for (i in list) wanted[list[i]] = 1 }
		{
			name = ""
			for (i = 1; i <= NF; i++) if ($i ~ /^P:/) name = substr($i, 3)
			if (!(name in wanted)) next
			if (what == "entries") { print $0 "\n"; next }
			for (i = 1; i <= NF; i++) {
				if ($i ~ /^F:/) folder = substr($i, 3)
				if ($i ~ /^R:/) print "/" (folder == "" ? "" : folder "/") substr($i, 3)
			}
		}
	' "$database"
}
of_packages files | while read -r path; do
	if is_there "$path"; then
		excluded "$path" || echo "$path"
	fi
done >"$work/files"
# Of the root itself, or made by installation scripts: a program that runs needs these.
for path in /etc/passwd /etc/group /etc/hosts /etc/services /etc/protocols /etc/nsswitch.conf /etc/localtime /etc/os-release \
	/usr/lib/os-release /etc/alpine-release /etc/ssl/certs /etc/ssl/cert.pem /etc/ssl/openssl.cnf /usr/share/zoneinfo; do
	if is_there "$path"; then find "$path" ! -type d; fi
done >>"$work/files"

# --- copy
empty_root lib/apk/db
sed 's,^/,,' "$work/files" | sort -u >"$work/list"
tar -C / -cf - -T "$work/list" | tar -C "$target" -xpf -

# --- what scanners read
of_packages entries >"$target$database"

nothing_is_missing
