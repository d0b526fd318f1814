# frozen_string_literal: true

# An error as the Runtime API wants it: a JSON body, the header that names its kind, and X-Ray's cause. Loaded when the
# first error is reported.

require "json" unless defined?(::JSON::VERSION)

module LambdaImage
  # What is reported of an exception.
  class Fault
    # The emulator crops what is longer, which makes it no JSON; servers refuse heads of a megabyte.
    CAUSE_LIMIT = 65_536
    LINES = 200 # of a stack, at its top and at its bottom: an endless recursion has ten thousand
    FRAME = /\A(.+?):(\d+)(?::in [`'](.*)')?\z/m.freeze

    attr_reader :type, :message, :stack, :header

    # `kind` replaces the class's name as the type; `header` is what the type's header says instead.
    def initialize(error, kind: nil, header: nil, message: nil)
      @type = kind || self.class.utf8(self.class.name_of(error.class))
      @message = message || self.class.message_of(error)
      @header = kind || header || "Function.#{self.class.word(@type)}"
      @stack = self.class.stack_of(error)
    end

    def body
      @body ||= self.class.json("errorMessage" => @message, "errorType" => @type, "stackTrace" => @stack)
    end

    # For X-Ray, as a header: one line of printable ASCII; empty where it would be too long.
    def cause
      frames = @stack.map { |line| line.match(FRAME) }.compact
      stack = frames.map { |found| { "path" => found[1], "line" => found[2].to_i, "label" => found[3].to_s } }
      values = {
        "working_directory" => working_directory,
        "paths" => stack.map { |frame| frame["path"] }.uniq.sort,
        "exceptions" => [{ "type" => @type, "message" => @message, "stack" => stack }]
      }
      # JSON escapes all other characters that a header cannot hold.
      line = self.class.json(values, ascii_only: true).gsub("\x7f", "\\u007f")
      line.bytesize < CAUSE_LIMIT ? line : ""
    end

    class << self
      def message_of(error)
        utf8(error.message.to_s)
      rescue StandardError => e # a method of the function's own
        "the error has no message: it raised #{e.class}"
      end

      # From the function's own code on: how the client and RubyGems got there is left out.
      def stack_of(error)
        lines = backtrace_of(error).map { |line| utf8(line) }
        lines = lines.reject { |line| line.start_with?(FOLDER, "<internal:") || line.include?("/rubygems/core_ext/") }
        lines[LINES...-LINES] = "… #{lines.size - 2 * LINES} more …" if lines.size > 2 * LINES + 1
        cause = error.cause
        file = error.is_a?(SyntaxError) || cause.is_a?(SyntaxError) ? message_of(cause || error)[/\A\S+?:\d+/] : nil
        file ? [file, *lines] : lines
      end

      # Its own; a class that has none is called after the one it was made of.
      def name_of(type)
        type.name || name_of(type.superclass)
      end

      # Methods of the function's own may raise, or return anything.
      def backtrace_of(error)
        Kernel.Array(error.backtrace).grep(String)
      rescue StandardError
        []
      end

      # As JSON, even if the function has replaced JSON's own method.
      def json(values, options = {})
        JSON.generate(values, options)
      rescue StandardError
        values.to_json(options)
      end

      # A type's name as the form Category.Reason allows it.
      def word(name)
        word = name.gsub(/[^A-Za-z0-9_]/, "")
        word.empty? ? "Error" : word
      end

      def utf8(text)
        text = text.dup.force_encoding(Encoding::UTF_8) if text.encoding == Encoding::BINARY
        text.encode(Encoding::UTF_8, invalid: :replace, undef: :replace).scrub
      end
    end

    private

    def working_directory
      Dir.pwd
    rescue SystemCallError
      ""
    end
  end
end
