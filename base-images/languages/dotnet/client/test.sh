#!/bin/sh
# Compiles the client with its tests, warnings as errors, and runs them: in a build image, or with CSHARP_HOME and DOTNET_ROOT.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
PATH=$PATH:$here/src
sh "$here/src/csc" -langversion:8 -unsafe -warnaserror -debug:portable -main:LambdaImage.Client.Tests.Tests \
	-out:"$work/Tests.dll" "$here"/src/*.cs "$here"/tests/*.cs
cp "$here/src/LambdaImage.Client.runtimeconfig.json" "$work/Tests.runtimeconfig.json"
"${DOTNET_ROOT:-/var/lang/bin}/dotnet" "$work/Tests.dll" "$here/../../../vectors"
