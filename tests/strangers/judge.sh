#!/bin/sh
# Builds and judges strangers: tests/strangers/judge.sh perl|c|node|bash … (the root is the project's own).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=${ROOT:-$("$here/../../.venv/bin/python" "$here/root.py")}
failed=0
for name in "$@"; do
    docker buildx build --quiet --provenance=false --sbom=false \
        --output "type=image,name=lambda-image-test/stranger:$name,oci-mediatypes=true" --build-arg "ROOT=$root" "$here/$name"
    "$here/../../.venv/bin/lambda-image" test "lambda-image-test/stranger:$name" --quick --handlers "$here/$name/handlers" || failed=1
done
exit $failed
