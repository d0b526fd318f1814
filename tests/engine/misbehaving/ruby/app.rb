# What functions do that no client's author thought of, each by its name.
require "bigdecimal"
require "stringio"
require "time"

$started = Process.clock_gettime(Process::CLOCK_REALTIME, :nanosecond)

class Hostile < StandardError
  def message
    raise "not even a text"
  end
end

class HostileTrace < StandardError
  def backtrace
    raise "not even a stack"
  end
end

class OddTrace < StandardError
  def backtrace
    [1, nil, :x]
  end
end

class NilMessage < StandardError
  def message
    nil
  end
end

class BadJson
  def to_json(*)
    raise "to_json"
  end
end

class OddJson
  def to_json(*)
    7
  end
end

def deep(depth)
  value = "bottom"
  depth.times { value = [value] }
  value
end

# Methods at the top level of a file are everybody's.
def format(*)
  raise "the function's own format"
end

def warn(*)
  raise "the function's own warn"
end

def sleep(*)
  raise "the function's own sleep"
end

def puts(*)
  raise "the function's own puts"
end

def trap(*)
  raise "the function's own trap"
end

def load(*)
  raise "the function's own load"
end

def open(*)
  raise "the function's own open"
end

def method(*)
  raise "the function's own method"
end

def Integer(*)
  raise "the function's own Integer"
end

def Array(*)
  raise "the function's own Array"
end

def recursion
  recursion
end

def background
  Thread.report_on_exception = false
  Thread.new { raise "in the background" }
  "begun"
end

# A child without a block of its own, which comes out of the handler.
def bare_fork
  child = fork
  return yield if child.nil?

  Process.wait(child)
  "forked, then #{$?.exitstatus}"
end

def descriptors
  $held = []
  Kernel.loop { $held << File.open(File::NULL) }
end

def abort_on_exception
  thread = Thread.new { Thread.current.report_on_exception = false; raise ArgumentError, "in the background" }
  thread.abort_on_exception = true
  Kernel.sleep(1)
end

DOINGS = {
  "nan" => -> { [Float::NAN] },
  "decimal" => -> { BigDecimal("1.10") },
  "time" => -> { Time.at(0).utc },
  "bytes" => -> { "\x00\xff".b },
  "bad-text" => -> { "a\xffb" },
  "latin" => -> { "é".encode("ISO-8859-1") },
  "function" => -> { ->(x) { x } },
  "symbol" => -> { :symbol },
  "keys" => -> { { 1 => "a", nil => "b", sym: "c" } },
  "deep" => -> { deep(500) },
  "too-deep" => -> { deep(200_000) },
  "bad-json" => -> { BadJson.new },
  "odd-json" => -> { OddJson.new },
  "enumerator" => -> { [1, 2].each },
  "lazy" => -> { (1..2).lazy },
  "string-io" => -> { StringIO.new("bytes") },
  "text-thrown" => -> { raise "text" },
  "thrown" => -> { throw :x },
  "hostile-error" => -> { raise Hostile },
  "hostile-trace" => -> { raise HostileTrace, "trace" },
  "odd-trace" => -> { raise OddTrace, "trace" },
  "nil-message" => -> { raise NilMessage },
  "anonymous" => -> { raise Class.new(StandardError), "anonymous" },
  "odd-type" => -> { raise Object.const_set("Fehlerß", Class.new(StandardError)), "odd" },
  "no-memory" => -> { raise NoMemoryError, "memory" },
  "not-implemented" => -> { raise NotImplementedError, "later" },
  "recursion" => -> { recursion },
  "cause" => -> { begin; raise "inner"; rescue StandardError; raise ArgumentError, "outer"; end },
  "sleep" => -> { $stdout.print("sleeping\n"); Kernel.sleep(2); "slept" },
  "exit" => -> { exit(3) },
  "stop" => -> { raise StopIteration, "stop" },
  "thread-exit" => -> { Thread.exit },
  "patched-json" => -> { JSON.define_singleton_method(:parse) { |*| raise "JSON is patched" }; JSON.define_singleton_method(:generate) { |*| raise "JSON is patched" }; "patched" },
  "patched-socket" => -> { require "net/http"; Socket.define_singleton_method(:tcp) { |*| raise "patched" }; TCPSocket.define_singleton_method(:open) { |*| raise "patched" }; TCPSocket.define_singleton_method(:new) { |*| raise "patched" }; "patched" },
  "patched-time" => -> { Time.define_singleton_method(:now) { raise "patched" }; Time.define_singleton_method(:at) { |*| raise "patched" }; "patched" },
  "gone" => -> { Dir.mkdir("/tmp/gone"); Dir.chdir("/tmp/gone"); Dir.rmdir("/tmp/gone"); raise "nowhere" },
  "closed-output" => -> { $stdout.close; $stderr.close; "closed" },
  "string-output" => -> { $stdout = StringIO.new; $stderr = StringIO.new; print("lost"); "string" },
  "no-environment" => -> { ENV.clear; "cleared" },
  "stdin" => -> { $stdin.read },
  "child" => -> { system("/usr/bin/env", "printf", "%s", "{\"not\": \"the result\"}\n"); "child" },
  "fork" => -> { Process.wait(fork { exit!(0) }); "forked" },
  "fork-exit" => -> { Process.wait(fork { exit(0) }); "forked" },
  "fork-and-exit" => -> { bare_fork { exit(3) } },
  "fork-and-raise" => -> { bare_fork { raise ArgumentError, "the child's" } },
  "fork-and-return" => -> { bare_fork { "the child's" } },
  "fork-and-stream" => -> { bare_fork { ["the child's"].each } },
  "stream-fork" => -> { Enumerator.new { |out| out << "a"; out << bare_fork { exit(3) } } },
  "closed-connections" => -> { ObjectSpace.each_object(BasicSocket, &:close); "closed" },
  "descriptors" => -> { descriptors },
  "background" => -> { background },
  "abort-on-exception" => -> { abort_on_exception },
  "wild-log" => -> {
    require "logger"
    logger = Logger.new($stdout)
    logger.error("line one\nline two \xff #{'x' * 3_000_000}")
    logger.error({ a: Float::NAN })
    logger.error(nil)
    $stdout.print("\xff é\n")
    "logged"
  },
  "stream-wrong-type" => -> { Enumerator.new { |out| out << "a" << 7 } },
  "stream-error-first" => -> { Enumerator.new { |_| raise ArgumentError, "first" } },
  "stream-error-later" => -> { Enumerator.new { |out| out << "a"; raise ArgumentError, "later" } },
  "stream-empty" => -> { Enumerator.new { |_| } },
  "stream-thrown" => -> { Enumerator.new { |out| out << "a"; throw :x } },
  "stream-no-memory" => -> { Enumerator.new { |out| out << "a"; raise NoMemoryError, "memory" } },
}

def handler(event:, context:)
  return $started if event == "alive"
  return File.read("/proc/self/status")[/VmRSS:\s+(\d+)/, 1].to_i if event == "resident"

  event.is_a?(Hash) ? event["large"].length : DOINGS.fetch(event).call
end
