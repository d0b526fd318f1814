#!/bin/sh
# Tells what apk would install into this root, installing nothing. Standard input has a set of packages a line.
#
#   before NAME VERSION     is in the root
#   set NUMBER NAME VERSION would come with the set of that line, counted from 0
#   have NAME VERSION       can be had: a repository of apk has one version of a package
#   newer NAME VERSION      stands in a repository and is newer than the root's
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/sets"

planned() { # what apk says it would do, as "NAME VERSION"
	apk --no-cache --simulate "$@" >"$work/said" || return 1
	sed -n 's/^([0-9]*\/[0-9]*) Installing \([^ ]*\) (\([^ ]*\))$/\1 \2/p; s/^([0-9]*\/[0-9]*) Upgrading \([^ ]*\) ([^ ]* -> \([^ ]*\))$/\1 \2/p' "$work/said"
}

awk -F : '$1 == "P" { name = $2 } $1 == "V" { print "before", name, $2 }' /lib/apk/db/installed
number=0
while read -r packages; do
	# shellcheck disable=SC2086 # names without blanks
	planned add $packages >"$work/set"
	sed "s/^/set $number /" "$work/set"
	sed 's/^/have /' "$work/set"
	number=$((number + 1))
done <"$work/sets"
planned upgrade >"$work/newer"
sed 's/^/newer /' "$work/newer"
