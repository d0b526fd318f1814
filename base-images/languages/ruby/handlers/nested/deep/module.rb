# frozen_string_literal: true

def handler(event:, context:)
  event
end

module Deep
  class Inner
    def self.handler(event:, context:)
      event
    end
  end
end
