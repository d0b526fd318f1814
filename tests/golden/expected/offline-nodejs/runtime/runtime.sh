# Read by bootstrap beside it. Generated.
interpreter=/var/lang/bin/node
program=/var/runtime/client/main.js
export AWS_EXECUTION_ENV=AWS_Lambda_nodejs20.x
export NODE_PATH="${NODE_PATH-/opt/nodejs/node20/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task}"
