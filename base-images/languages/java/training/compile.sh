#!/bin/sh
# Compiles what the archive is made with: compile.sh SOURCES FOLDER, the client's sources and the folder of this file.
set -eu
sources=$1 folder=$2
mkdir "$folder/task" "$folder/api"
find "$sources/stubs" -name '*.java' -print0 | xargs -0 javac -nowarn --release 11 -d "$folder/task" "$folder/Function.java"
javac -nowarn --release 11 -d "$folder/api" "$folder/Api.java"
