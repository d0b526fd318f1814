# Sourced by the bootstrap after the virtual machine's options: what our own client has besides.
# At its own address the archive is mapped as it is; elsewhere, which is the default since Java 21, each page with an address
# in it is written to: a tenth of a start, and memory that no other process can share. Where that place is taken it moves.
case "$given" in
*-Xshare* | *SharedArchiveFile*) ;;
*)
	arguments="$arguments -Xshare:auto -XX:SharedArchiveFile=/var/runtime/client.jsa -Xlog:cds=off -Xlog:cds+dynamic=off"
	case "$given" in
	*ArchiveRelocationMode*) ;;
	*) arguments="$arguments -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0" ;;
	esac
	;;
esac
# The heap begins so that an event of 1 MB is not yet a reason to collect, and gives back at once what the client has
# collected after a larger one.
arguments="$arguments -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20 -XX:-ShrinkHeapInSteps"
case "$given" in *-Xms* | *InitialHeapSize* | *InitialRAMPercentage*) ;; *) arguments="$arguments -Xms16m" ;; esac
# Half a megabyte less while hardly a text is interned and few names are not the archive's; both tables grow with them.
case "$given" in *StringTableSize*) ;; *) arguments="$arguments -XX:StringTableSize=1024" ;; esac
case "$given" in *SymbolTableSize*) ;; *) arguments="$arguments -XX:+UnlockExperimentalVMOptions -XX:SymbolTableSize=2048" ;; esac
# Of no concern to the function and its children; a Java program cannot take it out of the environment that those get.
if [ -n "${_LAMBDA_TELEMETRY_LOG_FD:-}" ]; then
	arguments="$arguments -Dlambdaimage.telemetry=$_LAMBDA_TELEMETRY_LOG_FD"
fi
unset _LAMBDA_TELEMETRY_LOG_FD
arguments="$arguments -jar"
