# Sourced by the bootstrap after the virtual machine's options: what our own client has besides.
case "$given" in
*-Xshare* | *SharedArchiveFile*) ;;
*) arguments="$arguments -Xshare:auto -XX:SharedArchiveFile=/var/runtime/client.jsa -Xlog:cds=off -Xlog:cds+dynamic=off" ;;
esac
# Of no concern to the function and its children; a Java program cannot take it out of the environment that those get.
if [ -n "${_LAMBDA_TELEMETRY_LOG_FD:-}" ]; then
	arguments="$arguments -Dlambdaimage.telemetry=$_LAMBDA_TELEMETRY_LOG_FD"
fi
unset _LAMBDA_TELEMETRY_LOG_FD
arguments="$arguments -jar"
