# The handler contract in shell: the event on standard input, the result on standard output, both JSON. Read by the
# runtime, so its functions `fail` and the like are here, too.

started_ms=$(date +%s%3N)
export started_ms

deepest() { fail HandlerError "$1"; }

# The member of the event in $event that a jq filter names.
of() { jq --raw-output --join-output "$1" <<<"$event"; }

echo_event() { cat; }

length() { jq length; }

nothing() { :; }

exit_with() { exit "$(jq .status)"; }

big() {
	head --bytes="$(jq .length)" < <(yes 0123456789abcdef | tr --delete '\n') | jq --raw-input .
}

context() {
	event=$(cat)
	reads='[]'
	for wait in $(of '(.reads // [0])[]'' | tostring + " "'); do
		sleep "$((wait / 1000)).$(printf %03d $((wait % 1000)))"
		reads=$(jq --compact-output --argjson remaining "$((deadline_ms - $(date +%s%3N)))" --arg id "$request_id" \
			--arg tenant "$tenant_id" '. + [{remaining_ms: $remaining, request_id: $id, tenant_id: $tenant}]' <<<"$reads")
	done
	jq --null-input --argjson reads "$reads" --argjson client "${client_context:-null}" '{
		request_id: env.request_id, arn: env.function_arn, client_context: $client, tenant_id: env.tenant_id,
		function_name: env.AWS_LAMBDA_FUNCTION_NAME, function_version: env.AWS_LAMBDA_FUNCTION_VERSION,
		memory_limit_mb: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, log_group: env.AWS_LAMBDA_LOG_GROUP_NAME,
		log_stream: env.AWS_LAMBDA_LOG_STREAM_NAME, reads: $reads}'
}

environment() { jq '[.names[] | {(.): env[.]}] | add // {}'; }

trace() {
	event=$(cat)
	before=$_X_AMZN_TRACE_ID
	sleep "$(of '(.wait_ms // 0) / 1000')"
	jq --null-input --arg before "$before" '{before: $before, after: env._X_AMZN_TRACE_ID}'
}

# A subshell forgets, so what is counted lies in a file.
counter() {
	event=$(cat)
	count=$(($(cat /tmp/count 2>/dev/null || echo 0) + 1))
	echo "$count" >/tmp/count
	[[ $(of '.fail?') == true ]] && deepest boom
	jq --null-input --argjson count "$count" --argjson process $$ '{count: $count, process: $process, started_ms: (env.started_ms | tonumber)}'
}

sleep_ms() {
	event=$(cat)
	sleep "$(of '.ms / 1000')"
	[[ $(of 'has("fail")') == true ]] && deepest "$(of .fail)"
	echo "$event"
}

raise() {
	event=$(cat)
	deepest "$(of '.message // "boom"')"
}

log_lines() {
	event=$(cat)
	# Standard output is the result, so the log is standard error.
	[[ $(of 'has("stdout")') == true ]] && of '.stdout + "\n"' >&2
	[[ $(of 'has("stderr")') == true ]] && of '.stderr + "\n"' >&2
	echo '"logged"'
}

tmp() {
	event=$(cat)
	name=/tmp/$(of .name)
	if [[ -f $name ]]; then content=$(jq --raw-input --slurp . "$name"); else content=null; fi
	[[ $(of '.write != null') == true ]] && of .write >"$name"
	echo "{\"content\": $content}"
}
