#!/bin/sh
# Fetches packages with all that this root lacks for them; another stage makes the folder a repository.
# First argument: the folder. Then the package manager and what it is told besides. Standard input has a wish a line:
#
#   install NAME …           with all that comes along, at the newest versions
#   download NAME=VERSION …  just these
#
# What the package manager fetches it has checked by its keys; the repository's metadata has checksums of all files.
set -eu
folder=$1
shift
mkdir -p "$folder"
while read -r _ packages; do
	# shellcheck disable=SC2001,SC2046,SC2086 # names without blanks; each may have a version
	"$@" --downloadonly "--downloaddir=$folder" $(echo $packages | sed 's/=/-/g') </dev/null
done
