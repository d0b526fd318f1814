#!/bin/sh
# Compiles the client: compile.sh SDK TARGET, with SDK a folder that has csc.dll and reference assemblies below it.
set -eu
source=$(dirname "$0")
mkdir -p "$2"
CSHARP_HOME=$1 sh "$source/csc" -langversion:8 -nullable:disable -unsafe -optimize+ -debug- -target:exe \
	-out:"$2/LambdaImage.Client.dll" "$source"/*.cs
cp "$source/LambdaImage.Client.runtimeconfig.json" "$2/"
