#!/bin/sh
# Fetches packages with all that this root lacks for them, and makes the folder a repository.
# First argument: the folder. Second: packages that are there already, if any. Third: the file that says where packages
# come from. Standard input has a wish a line:
#
#   install NAME …           with all that comes along, at the newest versions
#   download NAME=VERSION …  just these
#   source NAME=VERSION      a source package's files
#
# What apt fetches it has checked by the archive's signatures; the list of packages has checksums of all files.
set -eu
folder=$1 have=$2 sources=$3
mkdir -p "$folder/partial"
cd "$folder"

apt() {
	apt-get -qq -y --no-install-recommends -o APT::Sandbox::User=root -o "Dir::Cache::archives=$folder" "$@"
}

fetch() { # less what is there already
	apt --print-uris "$@" | while read -r _ file _; do
		if [ -f "$have/$file" ]; then
			cp "$have/$file" .
		fi
	done
	apt "$@"
}

apt-get update -qq
while read -r wish packages; do
	# shellcheck disable=SC2086 # names without blanks
	case $wish in
	install) fetch install --download-only $packages ;;
	download) fetch download $packages ;;
	source)
		sed 's/^Types: deb$/Types: deb-src/; s/^deb /deb-src /' "$sources" >"/etc/apt/sources.list.d/sources.${sources##*.}"
		apt-get update -qq
		apt source --download-only $packages
		;;
	esac
done
rm -rf partial lock
for file in *.deb; do
	dpkg-deb --field "$file"
	printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$file" "$(stat -c %s "$file")" "$(sha256sum "$file" | cut -d ' ' -f 1)"
done >Packages
