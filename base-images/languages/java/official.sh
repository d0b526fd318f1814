# Sourced by the bootstrap after the virtual machine's options: AWS's client is told its handler by an argument.
arguments="$arguments -jar $program"
program=${_HANDLER:-}
