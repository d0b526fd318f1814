# frozen_string_literal: true

# Events and results: JSON by the process's own library, which is loaded after the function: that may bring another.

module LambdaImage
  # The event is not JSON.
  class UnmarshalError < StandardError; end

  # The result has no JSON form.
  class MarshalError < StandardError; end

  module Payload
    LONG = 65_536
    # Arrays and objects within each other: JSON's own 100 are less than events may have.
    DEEPEST = { max_nesting: 1000 }.freeze
    ESCAPED = ['"', "\\", *("\0".."\x1f")].freeze

    class << self
      def load_json
        require "json" unless defined?(::JSON::VERSION)
        own = ::String.instance_method(:to_json).owner.name.to_s + ::Hash.instance_method(:to_json).owner.name.to_s
        @own = own.scan("JSON::Ext::Generator").size == 2
      end

      def parse(event)
        event.force_encoding(Encoding::UTF_8)
        raise UnmarshalError, "the event is not JSON: it is not UTF-8" unless event.valid_encoding?

        begin
          JSON.parse(event)
        rescue JSON::NestingError # options cost half as much as a small event, so only those get them that need them
          JSON.parse(event, DEEPEST)
        end
      rescue JSON::ParserError => e
        raise UnmarshalError, "the event is not JSON: #{e.message[0, 1000]}"
      end

      # As this process has it: with ActiveSupport, say, a Time has another form.
      def generate(result)
        return with_long_text(result) if @own && long_text?(result)

        nested = @own && (result.is_a?(Hash) || result.is_a?(Array))
        text = nested ? deep(result) : result.to_json
        raise TypeError, "its to_json returns no String but #{text.class}" unless text.is_a?(String)

        text
      rescue StandardError, SystemStackError => e
        raise MarshalError, "the result cannot be serialised: #{e.message}"
      end

      private

      # With a state that is made once, as long as nothing fails: a failure leaves its depth behind.
      def deep(result)
        state = @state || ::JSON::State.new(DEEPEST)
        @state = nil
        text = result.to_json(state)
        @state = state
        text
      end

      # A long text, as a response with a body has it, is mostly without anything to escape: to look for each such
      # character in turn is several times faster than to look at each character of the text.

      def long_text?(result)
        return plain?(result) if result.instance_of?(String)

        return false unless result.instance_of?(Hash) && result.size < 100

        result.each_value do |value|
          return true if value.instance_of?(String) && value.bytesize > LONG && plain?(value)
        end
        false
      end

      def plain?(value)
        value.instance_of?(String) && value.bytesize > LONG && value.encoding == Encoding::UTF_8 &&
          value.valid_encoding? && ESCAPED.none? { |character| value.include?(character) }
      end

      def with_long_text(result)
        return quoted(String.new(capacity: result.bytesize + 2), result) if result.is_a?(String)

        size = result.each_value.sum { |value| value.is_a?(String) ? value.bytesize : 0 }
        body = String.new(capacity: size + LONG) << "{"
        result.each do |name, value|
          body << "," if body.bytesize > 1
          body << name.to_s.to_json << ":"
          plain?(value) ? quoted(body, value) : body << generate(value)
        end
        body << "}"
      end

      def quoted(body, text)
        body << '"' << text << '"'
      end
    end
  end
end
