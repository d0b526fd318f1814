# Sourced by the bootstrap after the virtual machine's options. By this property org.crac finds AWS's client, whose
# own runtime sets it: without it no hook of SnapStart is run.
arguments="$arguments -Dorg.crac.Core.Compat=com.amazonaws.services.lambda.crac"
# The client is told its handler by an argument, and makes the stream of its telemetry descriptor by reflection.
arguments="$arguments --add-opens=java.base/java.io=ALL-UNNAMED -jar $program"
program=${_HANDLER:-}
