# frozen_string_literal: true

# What streams and what many do at once, each by its name: {"do": "pieces", "size": 1, "count": 9}.

require "logger"

STARTED = Process.clock_gettime(Process::CLOCK_REALTIME, :nanosecond).to_s
LOG = Logger.new($stdout)

def who(event, context)
  Thread.current[:mine] = event["n"]
  LOG.info("begin #{event['n']}")
  sleep(event["ms"] / 1000.0)
  Thread.new { LOG.info("elsewhere #{event['n']}") }.join
  puts "printed #{event['n']}"
  { id: context.aws_request_id, n: Thread.current[:mine], remaining: context.get_remaining_time_in_millis,
    tenant: context.tenant_id,
    trace: ENV["_X_AMZN_TRACE_ID"], started: STARTED }
end

STREAMS = {
  "stream-pieces" => lambda do |event, out|
    piece = "x" * event.fetch("size", 1)
    event.fetch("count", 1).times do
      out << piece
      sleep(event["ms"] / 1000.0) if event["ms"]
    end
  end,
  "stream-fail" => lambda do |event, out|
    out << "x"
    raise ArgumentError, event["message"]
  end,
  "stream-prelude-fail" => lambda do |event, out|
    out << { statusCode: 201 }
    raise ArgumentError, event["message"]
  end,
  "stream-end" => lambda do |_, out|
    out << "x"
    exit(3)
  end,
  "stream-empty-pieces" => ->(_, out) { ["", "a", nil, "b"].each { |one| out << one } }
}.freeze

def handler(event:, context:)
  name = event["do"].sub("drip", "pieces")
  stream = STREAMS[name]
  return Enumerator.new { |out| stream.call(event, out) } if stream

  case name
  when "alive" then STARTED
  when "who" then who(event, context)
  when "sleep"
    puts "sleeping #{event['ms']}"
    sleep(event["ms"] / 1000.0)
    "slept"
  when "forever" then sleep
  when "fail" then raise ArgumentError, event["message"]
  when "end", "break" then exit(3)
  when "throw-elsewhere"
    Thread.new { raise ArgumentError, "elsewhere" }
    "thrown"
  else raise KeyError, name
  end
end
