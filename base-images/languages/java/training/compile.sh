#!/bin/sh
# Compiles what the archive is made with: compile.sh SOURCES FOLDER, the client's sources and the folder of this file.
# The function has AWS's interfaces where functions have them: in a jar of its lib folder.
set -eu
sources=$1 folder=$2
mkdir -p "$folder/task/lib" "$folder/api" "$folder/interfaces"
find "$sources/stubs" -name '*.java' -print0 | xargs -0 javac -nowarn --release 11 -d "$folder/interfaces"
jar --create --file "$folder/task/lib/interfaces.jar" -C "$folder/interfaces" .
javac -nowarn --release 11 -cp "$folder/interfaces" -d "$folder/task" "$folder/Function.java"
javac -nowarn --release 11 -d "$folder/api" "$folder/Api.java"
