#!/bin/sh
# What the families' FAMILY-minimal-root.sh have in common. They source it, and it reads their own arguments:
#
#   TARGET PACKAGE... [-- PATTERN...]
#
# A PATTERN that begins with + is a program that comes in; paths that match another stay out. It leaves $target, and in
# the folder $work the lists `named` (the packages), `programs` and `patterns`. It does with what the smallest roots have.
set -eu

target=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

: >"$work/named"
while [ $# -gt 0 ] && [ "$1" != -- ]; do
	echo "$1" >>"$work/named"
	shift
done
[ $# -eq 0 ] || shift
# Where there is none, printf writes an empty line: as a pattern it would match everything.
printf '%s\n' "$@" | sed -n 's/^+//p' >"$work/programs"
printf '%s\n' "$@" | sed '/^+/d; /^$/d' >"$work/patterns"

is_program() { grep -qxF "$1" "$work/programs"; }

is_there() { [ -e "$1" ] || [ -L "$1" ]; }

matches_pattern() {
	while read -r pattern; do
		# shellcheck disable=SC2254 # the pattern is meant as one
		case "$1" in $pattern | $pattern/*) return 0 ;; esac
	done <"$work/patterns"
	return 1
}

# empty_root FOLDER…: the folders of a root, and the links to /usr that this one has.
empty_root() {
	for folder in bin sbin lib lib64; do
		[ -L "/$folder" ] || continue
		mkdir -p "$target/usr/$folder"
		ln -s "usr/$folder" "$target/$folder"
	done
	for folder in dev etc home opt proc run sys usr/bin usr/lib var/tmp "$@"; do
		mkdir -p "$target/$folder"
	done
	ln -s /run "$target/var/run"
	mkdir -m 0700 "$target/root"
	mkdir -m 1777 "$target/tmp"
	chmod 1777 "$target/var/tmp"
}

programs_in() {
	for path in "$1"/* "$1"/.[!.]*; do
		if [ -L "$path" ]; then
			continue
		elif [ -d "$path" ]; then
			(programs_in "$path")
		elif [ -f "$path" ]; then
			case "$path" in
			*.so | *.so.*) echo "$path" ;;
			*) if [ -x "$path" ]; then echo "$path"; fi ;;
			esac
		fi
	done
}

# Ends with an error if a library that something links to is not in.
nothing_is_missing() {
	programs_in "$target" | while read -r path; do
		ldd "$path" 2>/dev/null | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p'
	done | sort -u | while read -r library; do
		[ -e "$target${library#"$target"}" ] || echo "missing: $library"
	done >"$work/missing"
	[ -s "$work/missing" ] || return 0
	cat "$work/missing" >&2
	exit 1
}
