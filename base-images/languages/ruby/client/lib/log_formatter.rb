# frozen_string_literal: true

# The function's `Logger`, once it has loaded it: to standard output or standard error it writes records as Lambda wants
# them, in one piece. A formatter of the function's own is left alone.

module LambdaImage
  # Prepended to Logger: like AWS's client, all loggers to standard output and standard error are ours.
  module LoggerPatch
    LEVELS = [nil, 0, 0, 1, 2, 3, 4].freeze # Lambda's levels as Logger's: it has no TRACE

    def initialize(logdev = nil, *rest, **options)
      stream = [STDOUT, STDERR].find { |one| one.equal?(logdev) } || ([$stdout, $stderr].include?(logdev) && logdev)
      return super unless stream

      super(LogSink.new(stream), *rest, **options)
      formatter = LambdaFormatter.new
      formatter.datetime_format = options[:datetime_format]
      @default_formatter = formatter
      self.level = LEVELS[Logs.level] if Logs.level && !options.key?(:level)
    end

    private

    # The sink is given text alone; a frame wants the level, too.
    def format_message(severity, *rest)
      Thread.current[:lambda_image_severity] = severity
      super
    end
  end

  # What a logger writes to.
  class LogSink
    def initialize(stream)
      @stream = stream
    end

    def write(text)
      number = Logs::NAMES.index(Thread.current[:lambda_image_severity]) || 0
      Logs.write(text.chomp, number, @stream)
    end

    def close; end
  end

  # Text or JSON, as AWS_LAMBDA_LOG_FORMAT says.
  class LambdaFormatter < ::Logger::Formatter
    def call(severity, time, progname, message)
      return "#{json(severity, time, progname, message)}\n" if Logs.as_json

      "#{Logs.text_line(severity, time, progname, msg2str(message))}\n"
    end

    private

    def json(severity, time, progname, message)
      error = message if message.is_a?(Exception)
      values = { "timestamp" => Logs.timestamp(time), "level" => severity, "message" => text_of(message) }
      values["logger"] = progname.to_s if progname
      values.merge!(Logs.about_invocation)
      values.merge!(about(error)) if error
      Logs.to_json(values)
    end

    # A Hash stays an object, for those who search logs.
    def text_of(message)
      case message
      when Hash then message
      when String then Logs.utf8(message)
      when Exception then Fault.message_of(message)
      else message.inspect
      end
    end

    def about(error)
      fault = Fault.new(error)
      found = { "errorType" => fault.type, "errorMessage" => fault.message, "stackTrace" => fault.stack }
      found["location"] = fault.stack.first if fault.stack.first
      found
    end
  end
end
