#!/bin/sh
# Fetches packages with all that this root lacks for them, and makes the folder a repository.
# First argument: the folder. Second: packages that are there already, if any. Standard input has a wish a line:
#
#   install NAME …           with all that comes along, at the newest versions
#   download NAME=VERSION …  just these
#
# What apk fetches it has checked by the repositories' keys; the index has checksums of all packages.
set -eu
folder=$1 have=$2
mkdir -p "$folder"
cd "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [ -s /run/build-ca.pem ]; then export SSL_CERT_FILE=/run/build-ca.pem; fi
apk update --quiet
: >"$work/wanted"
while read -r wish packages; do
	# shellcheck disable=SC2086 # names without blanks
	case $wish in
	install)
		apk --simulate add $packages >"$work/said"
		sed -n 's/^([0-9]*\/[0-9]*) Installing \([^ ]*\) (\([^ ]*\))$/\1=\2/p
			s/^([0-9]*\/[0-9]*) \(Up\|Down\)grading \([^ ]*\) ([^ ]* -> \([^ ]*\))$/\2=\3/p' "$work/said" >"$work/planned"
		;;
	download) printf '%s\n' $packages >"$work/planned" ;;
	esac
	[ -s "$work/planned" ] || continue
	sed 's/=\(.*\)/-\1.apk/' "$work/planned" >"$work/files"
	while read -r file; do
		if [ -f "$have/$file" ]; then cp "$have/$file" .; fi
	done <"$work/files"
	# Versions are heeded only where all that they need is fetched, too: what the root has of it goes again.
	xargs apk fetch --quiet --recursive <"$work/planned"
	cat "$work/files" >>"$work/wanted"
done
for file in *.apk; do
	grep -qxF "$file" "$work/wanted" || rm -f "$file"
done
set -- *.apk
[ -f "$1" ] || set --
apk mkndx --quiet --allow-untrusted --output Packages.adb "$@"
