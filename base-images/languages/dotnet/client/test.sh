#!/bin/sh
# Compiles the client with its tests, warnings as errors, and runs them: in a build image, or with CSHARP_HOME and DOTNET_ROOT.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
compile() {
	sh "$here/src/csc" -langversion:8 -debug:portable "$@"
}
compile -unsafe -warnaserror -main:LambdaImage.Client.Tests.Tests -out:"$work/Tests.dll" "$here"/src/*.cs "$here"/tests/*.cs
cp "$here/src/LambdaImage.Client.runtimeconfig.json" "$work/Tests.runtimeconfig.json"
# Functions, with a stand-in for Amazon.Lambda.Core that the suite's handlers use, too; beside them what is no assembly.
functions=$work/functions
mkdir "$functions"
compile -target:library -out:"$functions/Amazon.Lambda.Core.dll" "$here/../handlers/core/AmazonLambdaCore.cs"
library() {
	compile -unsafe -target:library -nowarn:1998 -reference:"$functions/Amazon.Lambda.Core.dll" "$@"
}
library -out:"$functions/Function.dll" "$here/tests/functions/Function.cs"
mkdir "$work/elsewhere"
echo 'public class Missing { }' >"$work/elsewhere/Absent.cs"
library -out:"$work/elsewhere/Absent.dll" "$work/elsewhere/Absent.cs"
library -out:"$functions/Assembly.dll" -reference:"$functions/Function.dll" -reference:"$work/elsewhere/Absent.dll" "$here/tests/functions/Assembly.cs"
echo "not an assembly" >"$functions/Text.dll"
"${DOTNET_ROOT:-/var/lang/bin}/dotnet" "$work/Tests.dll" "$here/../../../vectors" "$functions"
