#!/bin/sh
# Tells what apt would install into this root, installing nothing. Standard input has a set of packages a line.
#
#   before NAME VERSION     is in the root
#   set NUMBER NAME VERSION would come with the set of that line, counted from 0
#   have NAME VERSION       can be had of a package that comes with some set
#   newer NAME VERSION      stands in a repository and is newer than the root's
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/sets"

planned() { # what apt says it would do, as "NAME VERSION"
	apt-get --simulate -qq -y "$@" >"$work/said" || return 1
	sed -n 's/^Inst \([^ ]*\) \(\[[^]]*\] \)\{0,1\}(\([^ ]*\) .*/\1 \3/p' "$work/said"
}

apt-get update -qq
dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' | sed -n 's/^installed /before /p'
number=0
while read -r packages; do
	# shellcheck disable=SC2086 # names without blanks
	planned install --no-install-recommends $packages >"$work/set"
	sed "s/^/set $number /" "$work/set"
	cat "$work/set" >>"$work/all"
	number=$((number + 1))
done <"$work/sets"
if [ -s "$work/all" ]; then
	cut -d ' ' -f 1 "$work/all" | sort -u | xargs apt-cache madison | sed -n 's/^ *\([^ ]*\) | *\([^ ]*\) |.*Packages$/have \1 \2/p' | sort -u
fi
planned dist-upgrade >"$work/newer"
sed 's/^/newer /' "$work/newer"
