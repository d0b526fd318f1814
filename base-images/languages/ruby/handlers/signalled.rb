# frozen_string_literal: true

trap("TERM") do
  $stdout.write("sigterm hook ran\n")
  exit(0)
end

def handler(event:, context:)
  event
end
