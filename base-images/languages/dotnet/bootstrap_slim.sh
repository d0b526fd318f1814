#!/bin/sh
# Starts the runtime of an image that has nothing but this shell. The handler is its argument, or _HANDLER.

if [ $# -gt 1 ] || [ -z "${1:-${_HANDLER:-}}" ]; then
	echo "bootstrap: no handler, or more than one (got $# arguments): set CMD to it, for example CMD [\"Assembly::Namespace.Class::Method\"], or _HANDLER" >&2
	exit 142
fi
export _HANDLER="${1:-$_HANDLER}"
interpreter=/var/lang/bin/dotnet arguments='' program=/var/runtime/client/LambdaImage.Client.dll
AWS_EXECUTION_ENV="AWS_Lambda_dotnet$(cd /var/lang/bin/host/fxr && for one in *; do echo "${one%%.*}"; done)"
export AWS_EXECUTION_ENV
export DOTNET_ROOT="${DOTNET_ROOT-/var/lang/bin}" DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="${DOTNET_SYSTEM_GLOBALIZATION_INVARIANT-1}"
case "${HOME:-/}" in
/) export HOME=/tmp ;;
esac
# shellcheck source=/dev/null
. /var/runtime/function.sh

if [ -n "${AWS_LAMBDA_EXEC_WRAPPER:-}" ]; then
	if [ ! -f "$AWS_LAMBDA_EXEC_WRAPPER" ]; then
		echo "$AWS_LAMBDA_EXEC_WRAPPER: does not exist (AWS_LAMBDA_EXEC_WRAPPER)" >&2
		exit 127
	fi
	if [ ! -x "$AWS_LAMBDA_EXEC_WRAPPER" ]; then
		echo "$AWS_LAMBDA_EXEC_WRAPPER: is not an executable (AWS_LAMBDA_EXEC_WRAPPER)" >&2
		exit 126
	fi
	# shellcheck disable=SC2086 # words without blanks
	exec "$AWS_LAMBDA_EXEC_WRAPPER" "$interpreter" $arguments "$program"
fi
# shellcheck disable=SC2086
exec "$interpreter" $arguments "$program"
