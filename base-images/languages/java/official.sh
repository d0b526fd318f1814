# Sourced by the bootstrap after the virtual machine's options: AWS's client is told its handler by an argument, and makes
# the stream of its telemetry descriptor by reflection.
# What org.crac finds its provider by, which Lambda's own runtime sets: without it SnapStart's hooks are never run.
arguments="$arguments -Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac"
arguments="$arguments --add-opens=java.base/java.io=ALL-UNNAMED -jar $program"
program=${_HANDLER:-}
