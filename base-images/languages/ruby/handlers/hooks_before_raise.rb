# frozen_string_literal: true

require_relative "handlers"

LambdaImage::SnapStart.before_snapshot { raise HandlerError, "before hook" }

def handler(event:, context:)
  event
end
