#!/bin/sh
# Tells what apt would install into this root, installing nothing. Standard input has a set of packages a line.
#
#   before NAME VERSION           is in the root
#   set NUMBER NAME VERSION       would come with the set of that line, counted from 0
#   provided NUMBER NAME PACKAGE  comes instead of a name of that set which is no package
#   have NAME VERSION             can be had of a package that comes with some set
#   newer NAME VERSION            stands in a repository and is newer than the root's
#
# The repositories' indexes are there already. Sets are planned side by side.
set -eu
export LC_ALL=C

cached() { # what is read of the indexes, which some images are told not to keep
	program=$1
	shift
	"$program" -o Dir::Cache::pkgcache=pkgcache.bin -o Dir::Cache::srcpkgcache=srcpkgcache.bin "$@"
}
planned() { # what apt plans, in its own words: a simulation would order all steps, too, and takes twice the time
	cached apt-get --print-uris --verbose-versions -q -y "$@"
}
versions() { # of those words, as "NAME VERSION"
	awk '/^The following/ { takes = /NEW packages|will be upgraded|DOWNGRADED/; next }
		/^[^ ]/ { takes = 0 }
		takes && $2 ~ /^\(/ { sub(/^\(/, "", $2); version = $3 == "=>" ? $4 : $2; sub(/\)$/, "", version); print $1, version }'
}

providers() { # of a name that is no package
	cached apt-cache showpkg "$1" | sed -n '/^Reverse Provides:/,$ s/^\([^ ]*\) .*(.*/\1/p' | sort -u
}

comes() { grep -q "^set $number $1 " "$work/found.$number" || grep -q "^before $1 " "$work/before"; }

if [ "${1:-}" = set ]; then
	number=$2 work=$3
	shift 3
	said=$work/said.$number
	if ! planned install --no-install-recommends "$@" >"$said" 2>"$said.errors"; then
		echo "apt cannot install together: $*" >&2
		sed '/^Reading\|^Building/d; /^$/d' "$said" >&2
		cat "$said.errors" >&2
		exit 255 # xargs begins no other
	fi
	versions <"$said" | sed "s/^/set $number /" >"$work/found.$number"
	for name; do
		name=${name%%=*}
		comes "$name" && continue
		for package in $(providers "$name"); do
			if comes "$package"; then echo "provided $number $name $package"; fi
		done
	done >"$work/provided.$number"
	echo "planned set $number" >&2
	exit
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -v folder="$work" '{ print "set", NR - 1, folder, $0 }' >"$work/sets"
dpkg-query -W -f '${db:Status-Status} ${Package} ${Version}\n' | sed -n 's/^installed /before /p' >"$work/before"
cached apt-cache -q gencaches >/dev/null
xargs -L 1 -P "$(nproc)" sh "$0" <"$work/sets"
cat "$work/before"
find "$work" -name 'found.*' -exec sort -V {} + >"$work/found"
cat "$work/found"
find "$work" -name 'provided.*' -exec sort -V {} +
sed -n 's/^set [0-9]* \([^ ]*\) .*/\1/p' "$work/found" | sort -u | xargs -r apt-cache madison |
	sed -n 's/^ *\([^ ]*\) | *\([^ ]*\) |.*Packages$/have \1 \2/p' | sort -u
planned dist-upgrade >"$work/newer"
versions <"$work/newer" | sed 's/^/newer /'
