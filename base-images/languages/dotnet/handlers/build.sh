#!/bin/sh
# Compiles the handlers, in a build image: build.sh TARGET
set -eu
target=$1
options="-langversion:8 -nowarn:1998 -debug:portable -optimize+"
# shellcheck disable=SC2086 # words
{
	csc $options -target:library -out:"$target/Amazon.Lambda.Core.dll" core/*.cs
	csc $options -target:library -out:"$target/Handlers.dll" -reference:"$target/Amazon.Lambda.Core.dll" ./*.cs
	csc $options -target:library -out:"$target/conformance_beside.dll" modules/*.cs
	mkdir -p "$target/elsewhere" "$target/preload"
	csc $options -target:library -out:"$target/preload/Hook.dll" preload/*.cs
	csc $options -target:library -out:"$target/elsewhere/Elsewhere.dll" elsewhere/*.cs
}
