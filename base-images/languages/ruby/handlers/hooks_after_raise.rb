# frozen_string_literal: true

require_relative "handlers"

LambdaImage::SnapStart.after_restore { raise HandlerError, "after hook" }

def handler(event:, context:)
  event
end
