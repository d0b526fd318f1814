#!/bin/sh
# Compiles the handlers, in a build image. CLIENT is the client of the image that they are for.
#
#   build.sh TARGET
set -eu
target=$1
cd "$(dirname "$0")"
case "${CLIENT:-builtin}" in
official) set -- -tags official,lambda.norpc -modfile official.mod ;;
*) set -- ;;
esac
CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$target/bootstrap" "$@" .
cc -Os -o "$target/loads" loads/loads.c
