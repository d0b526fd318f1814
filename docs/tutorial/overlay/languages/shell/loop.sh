#!/bin/bash
# A Lambda runtime: curl in a loop. The handler "file.function" is a function of file.sh in LAMBDA_TASK_ROOT. It gets
# the event on standard input and writes its result to standard output; what it writes to standard error is the log.

api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01"
work=$(mktemp -d /tmp/runtime.XXXXXX) || exit 1
declare -A headers

# Process 1 has no default action for signals, and a shell heeds one only between two commands, or in `wait`: whatever
# may take long is started in the background and waited for.
trap 'kill $(jobs -p) 2>/dev/null; exit 143' TERM

# call PATH OPTION…: leaves the status in $status, head and body in files. No proxy, no "Expect: 100-continue", and no
# timeout: an event may come after hours.
call() {
	curl --silent --show-error --noproxy '*' --user-agent shell-runtime/1 --header Expect: "${@:2}" \
		--dump-header "$work/head" --output "$work/body" --write-out '%{http_code}' "$api$1" >"$work/status" &
	wait $!
	status=$(<"$work/status")
}

# post PATH FILE HEADER…: 500 means that the environment is beyond repair; what else is refused is logged.
post() {
	local path=$1 file=$2 header options=()
	shift 2
	for header in 'Content-Type: application/json' "$@"; do options+=(--header "$header"); done
	call "$path" "${options[@]}" --data-binary "@$file"
	[[ $status == 202 ]] && return
	echo "runtime: $status to $path: $(cat "$work/body")" >&2
	case $status in 5?? | 000) exit 1 ;; esac
}

# report PATH TYPE CATEGORY HEADER…: the error whose message lies in the file `message`; jq quotes.
report() {
	local type=$2 category=$3
	[[ $type == *.* ]] || category+=.$type
	[[ $type == *.* ]] && category=$type
	echo "$type: $(tr --delete '\0' <"$work/message")" >&2
	jq --null-input --compact-output --arg type "$type" --rawfile message "$work/message" \
		'{errorType: $type, errorMessage: $message, stackTrace: []}' >"$work/error"
	post "$1" "$work/error" "Lambda-Runtime-Function-Error-Type: $category" "${@:4}"
}

fail_init() {
	printf '%s' "$2" >"$work/message"
	report /runtime/init/error "$1" Runtime
	exit 1
}

# For handlers: fail TYPE MESSAGE.
fail() {
	printf '%s' "$1" >"$work/type"
	printf '%s' "$2" >"$work/message"
	exit 1
}

read_headers() {
	local line name
	headers=()
	while IFS= read -r line; do
		line=${line%$'\r'}
		name=${line%%:*}
		line=${line#*:}
		headers[${name,,}-]=${line# }
	done <"$work/head"
}

serve() {
	call /runtime/invocation/next
	if [[ $status != 200 ]]; then
		echo "runtime: $status to next" >&2
		exit 1
	fi
	read_headers
	request_id=${headers[lambda-runtime-aws-request-id-]}
	deadline_ms=${headers[lambda-runtime-deadline-ms-]}
	function_arn=${headers[lambda-runtime-invoked-function-arn-]}
	client_context=${headers[lambda-runtime-client-context-]}
	tenant_id=${headers[lambda-runtime-aws-tenant-id-]}
	_X_AMZN_TRACE_ID=${headers[lambda-runtime-trace-id-]}
	export request_id deadline_ms function_arn client_context tenant_id _X_AMZN_TRACE_ID
	local attempt=${headers[lambda-runtime-invocation-id-]} extra=() path=/runtime/invocation/$request_id
	[[ -n $attempt ]] && extra=("Lambda-Runtime-Invocation-Id: $attempt")

	if ! jq empty "$work/body" 2>"$work/message"; then
		report "$path/error" Runtime.UnmarshalError Runtime "${extra[@]}"
		return
	fi
	mv "$work/body" "$work/event"
	rm -f "$work/type" "$work/message"
	# In a shell of its own: `fail` and `exit` in a handler end that one.
	("$function" <"$work/event" >"$work/result") &
	if wait $!; then
		[[ -s $work/result ]] || echo null >"$work/result"
		post "$path/response" "$work/result" "${extra[@]}"
		return
	fi
	[[ -f $work/type ]] || printf Error >"$work/type"
	[[ -f $work/message ]] || printf 'the handler ended with a status that is not 0' >"$work/message"
	report "$path/error" "$(<"$work/type")" Function "${extra[@]}"
}

file=${LAMBDA_TASK_ROOT:-/var/task}/${_HANDLER%.*}.sh
function=${_HANDLER##*.}
[[ $_HANDLER == ?*.?* ]] || fail_init Runtime.MalformedHandlerName "bad handler '$_HANDLER': not file.function"
[[ -f $file ]] || fail_init Runtime.ImportModuleError "there is no file $file"
bash -n "$file" || fail_init Runtime.UserCodeSyntaxError "$file cannot be parsed"
# shellcheck source=/dev/null
. "$file" || fail_init Runtime.ImportModuleError "$file: ${init_error:-its top-level code failed}"
[[ $(type -t "$function") == function ]] || fail_init Runtime.HandlerNotFound "$file has no function $function"
while true; do serve; done
