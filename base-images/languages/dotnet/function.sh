# shellcheck shell=sh
# Read by bootstrap: how the function that _HANDLER names is started. Sets `arguments`, words without blanks, and `program`.
# Assembly::Type::Method is served by the client, with the function's own settings and dependencies, as they were
# published beside it. An assembly's name alone is a program, which brings a client of its own. Files that may not be read
# are left to the client, which can report it.

root=${LAMBDA_TASK_ROOT:-/var/task}
assembly=${_HANDLER%%::*}
published=''

if [ -r "$root/$assembly.runtimeconfig.json" ]; then
	if [ "$assembly" = "$_HANDLER" ] && [ -f "$root/$assembly.dll" ]; then
		program=$root/$assembly.dll
	else
		published="--runtimeconfig $root/$assembly.runtimeconfig.json"
	fi
fi
if [ "$assembly" != "$_HANDLER" ] && [ -r "$root/$assembly.deps.json" ]; then
	published="$published --depsfile $root/$assembly.deps.json"
fi
# A function for an older .NET runs on this one.
if [ -n "$published" ] || [ "$program" = "$root/$assembly.dll" ]; then
	# shellcheck disable=SC2034 # bootstrap reads it
	arguments="exec --roll-forward Major $published"
fi

# Less work in a process that lives for short bursts: no background collector, no profiles for a later, faster code.
export DOTNET_gcConcurrent="${DOTNET_gcConcurrent-0}" DOTNET_TieredPGO="${DOTNET_TieredPGO-0}"
