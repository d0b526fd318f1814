#!/bin/sh
# Compiles the handlers, or an echo alone, in a build image, which has the client as a module. LAMBDA_IMAGE_CLIENT says
# which client.
#
#   build.sh TARGET PACKAGE
set -eu
target=$1
package=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -R . "$work"
cd "$work"
case "${LAMBDA_IMAGE_CLIENT:-builtin}" in
official) set -- -tags official -modfile official.mod ;;
# -mod=mod: our own module has no line in go.sum, which would change with every change of it.
*) set -- -mod=mod ;;
esac
CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$target/bootstrap" "$@" "$package"
cc -Os -o "$target/loads" loads/loads.c
