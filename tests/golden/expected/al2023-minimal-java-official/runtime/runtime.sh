# Read by bootstrap beside it. Generated.
interpreter=/var/lang/bin/java
program=/var/runtime/lib/aws-lambda-java-runtime-interface-client-2.10.1.jar
export AWS_EXECUTION_ENV=AWS_Lambda_java17
. /var/runtime/options.sh
. /var/runtime/official.sh
