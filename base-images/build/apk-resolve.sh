#!/bin/sh
# Tells what apk would install into this root, installing nothing. Standard input has a set of packages a line.
#
#   before NAME VERSION           is in the root
#   set NUMBER NAME VERSION       would come with the set of that line, counted from 0
#   provided NUMBER NAME PACKAGE  comes instead of a name of that set which is no package
#   have NAME VERSION             can be had of a package that comes with some set
#   newer NAME VERSION            stands in a repository and is newer than the root's
#
# The repositories' indexes are there already.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/sets"

planned() { # what apk says it would do, as "NAME VERSION"
	apk --no-network --simulate "$@" >"$work/said" || return 1
	sed -n 's/^([0-9]*\/[0-9]*) Installing \([^ ]*\) (\([^ ]*\))$/\1 \2/p; s/^([0-9]*\/[0-9]*) \(Up\|Down\)grading \([^ ]*\) ([^ ]* -> \([^ ]*\))$/\2 \3/p' "$work/said"
}
comes() { grep -q "^$1 " "$work/set" || grep -q "^before $1 " "$work/before"; }

awk -F : '$1 == "P" { name = $2 } $1 == "V" { print "before", name, $2 }' /lib/apk/db/installed >"$work/before"
cat "$work/before"
number=0
while read -r packages; do
	# shellcheck disable=SC2086 # names without blanks
	planned add $packages >"$work/set" || { echo "apk cannot install together: $packages" >&2 && exit 1; }
	sed "s/^/set $number /" "$work/set"
	cut -d ' ' -f 1 "$work/set" >>"$work/names"
	for name in $packages; do
		name=${name%%=*}
		comes "$name" && continue
		# NAME-VERSION ARCHITECTURE {ORIGIN} (LICENCE), each with the name that it provides
		apk --no-network list --providers "$name" 2>/dev/null | sed -n 's/^<[^>]*> \([^ ]*\)-[^- ]*-r[0-9]* .*/\1/p' | sort -u |
			while read -r package; do
				if comes "$package"; then echo "provided $number $name $package"; fi
			done
	done
	number=$((number + 1))
	echo "planned set $number" >&2
done <"$work/sets"
sort -u "$work/names" | xargs -r apk --no-network policy |
	sed -n 's/^\([^ ]*\) policy:$/name \1/p; s/^  \([^ :]*\):$/have \1/p' |
	awk '$1 == "name" { name = $2 } $1 == "have" { print "have", name, $2 }'
planned upgrade >"$work/newer"
sed 's/^/newer /' "$work/newer"
