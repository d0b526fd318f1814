# Read by bootstrap beside it. Generated.
interpreter=/var/lang/bin/java
program=/var/runtime/lambda-image-client.jar
export AWS_EXECUTION_ENV=AWS_Lambda_java25
. /var/runtime/options.sh
. /var/runtime/builtin.sh
