#!/bin/sh
# ENTRYPOINT of a minimal image: takes the handler from its argument or _HANDLER and becomes the virtual machine.

if [ $# -gt 1 ] || { [ $# -eq 1 ] && [ -z "$1" ]; } || { [ $# -eq 0 ] && [ -z "${_HANDLER:-}" ]; }; then
	echo "bootstrap requires the handler name to be the first argument, and nothing else (got $# arguments): set CMD to it, for example CMD [\"package.Class::method\"]" >&2
	exit 142
fi
export _HANDLER="${1:-$_HANDLER}"

# Lambda sets no HOME, and a container whose user is in no passwd file gets "/": neither can be written.
case "${HOME:-/}" in
/) export HOME=/tmp ;;
esac

interpreter='' arguments='' program=''
# shellcheck source=/dev/null
. /var/runtime/runtime.sh
# shellcheck disable=SC2086 # words without blanks
set -- "$interpreter" $arguments "$program"
wrapper="${AWS_LAMBDA_EXEC_WRAPPER:-}"
if [ -n "$wrapper" ]; then
	if [ ! -f "$wrapper" ]; then
		echo "$wrapper: does not exist (AWS_LAMBDA_EXEC_WRAPPER)" >&2
		exit 127
	fi
	if [ ! -x "$wrapper" ]; then
		echo "$wrapper: is not an executable (AWS_LAMBDA_EXEC_WRAPPER)" >&2
		exit 126
	fi
	set -- "$wrapper" "$@"
fi
exec "$@"
