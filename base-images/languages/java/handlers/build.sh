#!/bin/sh
# Compiles the handlers against Amazon's own aws-lambda-java-core, and puts them where a function's .zip has them.
#
#   build.sh TARGET
set -eu
target=$1
offered=/usr/local/share/java/lambda
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target/lib" "$target/elsewhere/conformance" "$target/elsewhere/lib" "$target/layers"
cp "$offered"/aws-lambda-java-core-*.jar "$offered"/crac-*.jar "$target/lib/"
find src -name '*.java' ! -path '*/elsewhere/*' ! -path '*/agent/*' -print0 |
	xargs -0 javac -nowarn -encoding UTF-8 -cp "$target/lib/*" -d "$target"
javac -nowarn -d "$target/elsewhere" src/elsewhere/conformance/Elsewhere.java

javac -nowarn -d "$work/agent" src/agent/Hook.java
printf 'Premain-Class: Hook\nAdd-Opens: java.base/java.lang\n' >"$work/manifest"
jar --create --file "$target/hook.jar" --manifest "$work/manifest" -C "$work/agent" Hook.class

# Modules, each of which tells where it lies: one beside the function, the others for layers.
module() {
	mkdir -p "$work/$2"
	echo "public class $1 { public static final String ORIGIN = \"$2\"; }" >"$work/$2/$1.java"
}
module conformance_beside function
module conformance_beside layer-1
module conformance_layer_1 layer-1
javac -nowarn -d "$work/function" "$work"/function/*.java
javac -nowarn -d "$work/layer-1" "$work"/layer-1/*.java
jar --create --file "$target/lib/conformance_beside.jar" -C "$work/function" conformance_beside.class
for name in conformance_beside conformance_layer_1; do
	jar --create --file "$target/layers/$name-layer-1.jar" -C "$work/layer-1" "$name.class"
done
