# frozen_string_literal: true

# Hands the process over to aws_lambda_ric, the function's own or the image's, which takes the handler as its argument.

if ENV["AWS_LAMBDA_RUNTIME_API"].to_s.empty?
  warn("bootstrap: AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for work: run the image in " \
       "Lambda, under the emulator (aws-lambda-rie), or set it to HOST:PORT")
  exit!(1)
end
$LOAD_PATH.push(*Dir["/var/runtime/gems/gems/*/lib"])
ARGV.replace([ENV["_HANDLER"]])
begin
  require "aws_lambda_ric/bootstrap"
rescue LoadError => e
  warn("bootstrap: the Runtime API client cannot be loaded: #{e.message}; bring the gem aws_lambda_ric in the " \
       "function's bundle or in a layer's /opt/ruby/gems")
  exit!(1)
end
Bootstrap.start
