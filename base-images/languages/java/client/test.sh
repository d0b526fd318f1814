#!/bin/sh
# The client's own tests, and javac's warnings as errors: test.sh SOURCES VECTORS, with nothing but a JDK from 17 on.
set -eu
sources=$1 vectors=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find "$sources/src/main/java" "$sources/src/main/bridge" "$sources/src/main/stubs" -name '*.java' >"$work/main"
find "$sources/src/test/java" -name '*.java' >"$work/test"
# Of what is internal to the JDK javac warns without a name to switch that off by: -XDignore.symbol.file.
javac -Xlint:all -Xlint:-options -XDignore.symbol.file -Werror -encoding UTF-8 --source 11 --target 11 -d "$work/classes" "@$work/main"
javac -Xlint:all -Werror -encoding UTF-8 -cp "$work/classes" -d "$work/tests" "@$work/test"
java -ea -cp "$work/classes:$work/tests" --add-opens=java.base/java.lang=ALL-UNNAMED lambdaimage.Tests "$vectors"
