# What users of AWS's clients met, each by its name: `{"do" => "circle"}`.
$started = Process.clock_gettime(Process::CLOCK_REALTIME, :nanosecond).to_s

class Unfit < StandardError
end

def chain
  raise KeyError, "inner"
rescue KeyError
  raise Unfit, "outer"
end

def circle
  value = {}
  value["self"] = value
  value
end

def writes
  $stdout.syswrite("{\"status\":\"ok\"}\n\xff\x00\n".b)
  system("/usr/bin/env", "printf", "%s", "{\"not\": \"the result\"}\n")
  "untouched"
end

def fetch(event)
  require "net/http"
  Net::HTTP.get_response(URI(event["url"])).code
rescue StandardError => error
  error.message
end

def cache
  folder = File.join(Dir.home, ".cache")
  Dir.mkdir(folder) unless Dir.exist?(folder)
  File.write(File.join(folder, "kept"), "kept")
  File.read(File.join(folder, "kept"))
end

# json/add changes what a Time becomes, for the rest of the process.
def time_with_additions
  require "json/add/time"
  { t: Time.at(0).utc }
end

DOINGS = {
  "alive" => ->(_) { $started },
  "text" => ->(_) { "é漢😀" },
  "fail" => ->(event) { raise Unfit, event["message"] },
  "chain" => ->(_) { chain },
  "circle" => ->(_) { circle },
  "large" => ->(event) { "x" * event["length"] },
  "environment" => ->(event) { event["names"].to_h { |name| [name, ENV[name]] } },
  "print" => ->(event) { puts event["text"]; "printed" },
  "unfinished" => ->(event) { $stdout.print(event["text"]); "printed" },
  "write" => ->(_) { writes },
  "fetch" => ->(event) { fetch(event) },
  "cache" => ->(_) { cache },
  "descriptors" => ->(_) { `ls /proc/self/fd` },
  "time" => ->(_) { { t: Time.at(0).utc } },
  "time-with-additions" => ->(_) { time_with_additions },
  "exit" => ->(event) { exit(event["status"]) },
  "exit-at-once" => ->(event) { exit!(event["status"]) },
}

def handler(event:, context:)
  return context.get_remaining_time_in_millis if event["do"] == "remaining"

  DOINGS.fetch(event["do"]).call(event)
end
