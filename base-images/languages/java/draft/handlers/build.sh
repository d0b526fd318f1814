#!/bin/sh
# Compiles the handlers against Amazon's own aws-lambda-java-core, and puts them where a function's .zip has them.
#
#   build.sh TARGET
set -eu
target=$1
jars=/usr/local/share/java/lambda
mkdir -p "$target/lib" "$target/elsewhere/conformance"
find src -name '*.java' ! -path '*/elsewhere/*' ! -path '*/agent/*' -print0 | xargs -0 javac -nowarn -encoding UTF-8 -cp "$jars/*" -d "$target"
javac -nowarn -d "$target/elsewhere" src/elsewhere/conformance/Elsewhere.java
cp "$jars"/*.jar "$target/lib/"
mkdir -p "$target/elsewhere/lib"
work=$(mktemp -d)
javac -nowarn -d "$work" src/agent/Hook.java
printf 'Premain-Class: Hook\nAdd-Opens: java.base/java.lang\n' >"$work/manifest"
jar --create --file "$target/hook.jar" --manifest "$work/manifest" -C "$work" Hook.class
rm -rf "$work"
