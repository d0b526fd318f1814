#!/bin/sh
# Makes the class-data archive: archive.sh JAVA RUNTIME FOLDER, where RUNTIME holds the client as the image will have it
# and FOLDER what compile.sh made. Needs no compiler: the virtual machine that maps an archive has to have made it.
set -eu
java=$1 runtime=$2 folder=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$java" -cp "$folder/api" Api 9001 &
until grep -q ':2329 .* 0A ' /proc/net/tcp /proc/net/tcp6 2>/dev/null; do sleep 0.1; done
AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001 _HANDLER=Function LAMBDA_TASK_ROOT="$folder/task" \
	"$java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8 \
	-Xshare:off -XX:DumpLoadedClassList="$work/list" -jar "$runtime/lambda-image-client.jar" >"$work/said" 2>&1 || true
grep -q 'found true' "$work/said" || { tail -n 20 "$work/said"; exit 1; }
# In an order that does not depend on which thread was first: the same classes make the same archive, byte for byte. The
# virtual machine's own list is left out: a tenth more of an archive, most of which is resident once it is mapped.
sed 's/ id: [0-9]*$//' "$work/list" | grep -vE 'source:|^@lambda-proxy Function ' | LC_ALL=C sort -u >"$work/all"
# Objects of the heap are in it, too, if G1 writes it; a small machine's default is another collector.
"$java" -XX:+UseG1GC -Xshare:dump -XX:SharedClassListFile="$work/all" -XX:SharedArchiveFile="$runtime/client.jsa" \
	-jar "$runtime/lambda-image-client.jar" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
chmod 0644 "$runtime/client.jsa"
"$java" -Xshare:on -XX:SharedArchiveFile="$runtime/client.jsa" -XX:+UseSerialGC -Xlog:class+load -cp "$runtime/lambda-image-client.jar" lambdaimage.Main 2>/dev/null |
	grep -q 'lambdaimage.Main source: shared objects file'
