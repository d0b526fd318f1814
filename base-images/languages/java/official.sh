# Sourced by the bootstrap after the virtual machine's options: AWS's client is told its handler by an argument, and makes
# the stream of its telemetry descriptor by reflection.
arguments="$arguments --add-opens=java.base/java.io=ALL-UNNAMED -jar $program"
program=${_HANDLER:-}
