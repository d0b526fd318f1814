# frozen_string_literal: true

# A hook of SnapStart that ends the process: HOOK says which.

register = { "before" => :before_snapshot, "after" => :after_restore }
LambdaImage::SnapStart.public_send(register.fetch(ENV.fetch("HOOK"))) { exit(0) }

def handler(event:, context:)
  event
end
