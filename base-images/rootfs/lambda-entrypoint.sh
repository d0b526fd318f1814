#!/bin/sh
# ENTRYPOINT of a drop-in image. CMD, or the arguments of `docker run`, is the handler.
# In Lambda it becomes the runtime; elsewhere AWS's emulator, which starts the runtime and listens on port 8080.

bootstrap=/var/runtime/bootstrap
emulator=/usr/local/bin/aws-lambda-rie

if [ $# -ne 1 ] || [ -z "$1" ]; then
	echo "entrypoint requires the handler name to be the first argument, and nothing else (got $# arguments): set CMD to it, for example CMD [\"app.handler\"]" >&2
	exit 142
fi
export _HANDLER="$1"

if [ -n "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
	exec "$bootstrap"
fi
if [ ! -x "$emulator" ]; then
	echo "entrypoint: AWS_LAMBDA_RUNTIME_API is not set and this image has no emulator ($emulator): run it in Lambda, set the variable to the address of a Runtime API, or mount an aws-lambda-rie there" >&2
	exit 1
fi
exec "$emulator" "$bootstrap"
