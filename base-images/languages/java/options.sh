# Sourced by the bootstrap: the virtual machine's options, as its arguments. What JAVA_TOOL_OPTIONS says itself is left
# to it: the command line would win, and two collectors are an error.
given=" ${JAVA_TOOL_OPTIONS:-} "
arguments="-XX:-UsePerfData"
case "$given" in *-XX:+Use*GC*) ;; *) arguments="$arguments -XX:+UseSerialGC" ;; esac
case "$given" in *-XX:TieredStopAtLevel* | *TieredCompilation*) ;; *) arguments="$arguments -XX:TieredStopAtLevel=1" ;; esac
memory=${AWS_LAMBDA_FUNCTION_MEMORY_SIZE:-}
case "$memory" in *[!0-9]*) memory='' ;; esac
case "$given" in
*-Xmx* | *MaxHeapSize* | *MaxRAM*) ;;
# 85 of 100 parts are the heap's, as in AWS's images.
*) [ -z "$memory" ] || arguments="$arguments -Xmx$((memory * 85 / 100))m" ;;
esac
arguments="$arguments -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8"
