# frozen_string_literal: true

# The handler contract of the conformance suite, in Ruby (2.7 and newer).

STARTED_MS = (Time.now.to_f * 1000).to_i
PATTERN = "0123456789abcdef"
$count = 0

# A preloaded file of this name is found by RUBYLIB.
require "conformance_rubylib" if ENV["RUBYLIB"] == "/var/task/preload"

# The contract's own class of error.
class HandlerError < StandardError; end

# As in functions: made once, when the file is loaded. Others do not pay for it.
def logger
  require "logger"
  $logger ||= Logger.new($stdout)
end

logger.error(ENV["CONFORMANCE_INIT_RECORD"]) if ENV["CONFORMANCE_INIT_RECORD"]

def deepest(message)
  raise HandlerError, message
end

def echo(event:, context:)
  event
end

def length(event:, context:)
  event.length
end

def nothing(event:, context:); end

def nan(event:, context:)
  Float::NAN
end

def big(event:, context:)
  wanted = event["length"]
  (PATTERN * (wanted / PATTERN.length + 1))[0, wanted]
end

def invalid(event:, context:)
  cycle = []
  cycle << cycle
end

def context(event:, context:)
  identity = context.identity
  reads = (event["reads"] || [0]).map do |wait_ms|
    sleep(wait_ms / 1000.0)
    {
      remaining_ms: context.get_remaining_time_in_millis,
      request_id: context.aws_request_id,
      tenant_id: tenant_of(context)
    }
  end
  {
    request_id: context.aws_request_id,
    function_name: context.function_name,
    function_version: context.function_version,
    memory_limit_mb: context.memory_limit_in_mb,
    log_group: context.log_group_name,
    log_stream: context.log_stream_name,
    arn: context.invoked_function_arn,
    client_context: context.client_context,
    identity: identity && { id: identity["cognitoIdentityId"], pool: identity["cognitoIdentityPoolId"] },
    tenant_id: tenant_of(context),
    reads: reads
  }
end

def tenant_of(context)
  context.respond_to?(:tenant_id) ? context.tenant_id : nil
end

def env(event:, context:)
  event["names"].map { |name| [name, ENV[name]] }.to_h
end

def trace(event:, context:)
  before = ENV["_X_AMZN_TRACE_ID"]
  sleep((event["wait_ms"] || 0) / 1000.0)
  { before: before, after: ENV["_X_AMZN_TRACE_ID"] }
end

def counter(event:, context:)
  $count += 1
  deepest("boom") if event["fail"]
  { count: $count, process: Process.pid, started_ms: STARTED_MS }
end

def sleep_(event)
  Kernel.sleep(event["ms"] / 1000.0)
  exit!(event["exit"]) if event["exit"]
  deepest(event["fail"]) if event["fail"]
  event
end

# `sleep` is the contract's name and Ruby's own method: both work.
def sleep(seconds = nil, event: nil, context: nil)
  event.nil? ? Kernel.sleep(seconds) : sleep_(event)
end

def raise_(event:, context:)
  deepest(event["message"] || "boom")
end

def exit(status = true, event: nil, context: nil)
  event.nil? ? Kernel.exit(status) : Kernel.exit!(event["status"])
end

def log(event:, context:)
  puts(event["stdout"]) if event["stdout"]
  warn(event["stderr"]) if event["stderr"]
  print(event["unfinished"]) if event["unfinished"]
  (event["records"] || []).each do |record|
    level = { "trace" => "debug" }.fetch(record["level"], record["level"])
    logger.public_send(level, record["message"])
  end
  "logged"
end

def log_exception(event:, context:)
  begin
    deepest(event["message"])
  rescue HandlerError => e
    logger.error(e)
  end
  "logged"
end

def tmp(event:, context:)
  path = File.join("/tmp", event["name"])
  content = File.exist?(path) ? File.read(path, encoding: "UTF-8") : nil
  File.write(path, event["write"]) if event["write"]
  { content: content }
end

def time(event:, context:)
  { local: Time.at(event["epoch"]).strftime("%Y-%m-%dT%H:%M:%S") }
end

def run(event:, context:)
  require "open3"
  command = [[event["program"], event["program"]], *(event["arguments"] || [])]
  out, err, status = Open3.capture3(event["environment"] || {}, *command)
  { status: status.exitstatus, stdout: out, stderr: err }
rescue Errno::ENOENT, Errno::EACCES => e
  { status: nil, stdout: "", stderr: e.message }
end

def dlopen(event:, context:)
  require "fiddle"
  Fiddle.dlopen(event["library"])
  { loaded: true }
rescue Fiddle::DLError
  { loaded: false }
end

def deps(event:, context:)
  require event["module"]
  { origin: $origins[event["module"]] }
end

def version(event:, context:)
  { version: RUBY_VERSION[/\d+\.\d+/] }
end

def files(event:, context:)
  File.write(File.join(event["folder"], event["name"]), "")
  { names: Dir.children(event["folder"]).sort }
end

def pieces(event)
  (event["pieces"] || []).each do |piece|
    if piece["text"]
      yield piece["text"]
    elsif piece["base64"]
      yield piece["base64"].unpack1("m")
    else
      left = piece["fill"]
      block = PATTERN * 4096
      while left.positive?
        # A new object each time, so that a client that piles them up pays for it.
        yield block[0, left].dup
        left -= block.length
      end
    end
  end
end

def stream(event:, context:)
  context.content_type = event["content_type"] if event["content_type"]
  Enumerator.new do |out|
    first = true
    pieces(event) do |piece|
      Kernel.sleep((event["pause_ms"] || 0) / 1000.0) unless first
      first = false
      out << piece
    end
  end
end

def stream_raise(event:, context:)
  Enumerator.new do |out|
    pieces(event) { |piece| out << piece }
    deepest(event["message"])
  end
end

def stream_http(event:, context:)
  Enumerator.new do |out|
    out << { statusCode: event["status"], headers: event["headers"], cookies: event["cookies"] }
    out << event["body"]
  end
end
