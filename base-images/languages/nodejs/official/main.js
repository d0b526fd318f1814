"use strict";
// Hands the process over to aws-lambda-ric, which takes the handler from _HANDLER.

if (!process.env.AWS_LAMBDA_RUNTIME_API) {
  process.stderr.write(
    "bootstrap: AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for work: run the image in " +
      "Lambda, under the emulator (aws-lambda-rie), or set it to HOST:PORT\n"
  );
  process.exit(1);
}
import("/var/runtime/node_modules/aws-lambda-ric/index.mjs").catch((error) => {
  process.stderr.write(`bootstrap: the Runtime API client cannot be loaded: ${error.message}\n`);
  process.exit(1);
});
