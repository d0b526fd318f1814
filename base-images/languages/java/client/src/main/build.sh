#!/bin/sh
# Compiles the client with nothing but a JDK: build.sh SOURCES TARGET makes TARGET/lambda-image-client.jar.
# The bridge is compiled against the shapes in src/main/stubs, and laid beside the jar as files: it is the function's
# loader that defines it, and to read a resource of a jar some forty classes more would be loaded.
set -eu
sources=$1 target=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
options='-encoding UTF-8 -g:source,lines -Xlint:-options -XDstringConcat=inline -source 11 -target 11'
mkdir -p "$work/classes" "$work/bridge" "$target/bridge"
# shellcheck disable=SC2086 # options are words
find "$sources/java" -name '*.java' -print0 | xargs -0 javac -nowarn $options -d "$work/classes"
# shellcheck disable=SC2086
find "$sources/bridge" "$sources/stubs" -name '*.java' -print0 | xargs -0 javac -nowarn $options -cp "$work/classes" -d "$work/bridge"
cp "$work"/bridge/lambdaimage/bridge/*.class "$target/bridge/"
printf '%s\n' 'Main-Class: lambdaimage.Main' 'Add-Opens: java.base/java.lang java.base/java.io' >"$work/manifest"
find "$work/classes" -exec touch -d @315532800 {} +
jar --create --no-compress --file "$target/lambda-image-client.jar" --manifest "$work/manifest" --date=1980-01-01T00:00:02Z -C "$work/classes" . 2>/dev/null ||
	jar --create --no-compress --file "$target/lambda-image-client.jar" --manifest "$work/manifest" -C "$work/classes" .
# An archive of classes is of a jar of that very time, which must not change when an image is exported.
touch -d @315532802 "$target/lambda-image-client.jar"
