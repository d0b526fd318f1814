# frozen_string_literal: true

# What comes out: the function's streams, held back by nothing; what the client itself has to say; and the function's
# `Logger`, set up when the function loads it, for a function that does not should not pay for it.
#
# A record is one write to standard output, or one frame where the platform gave a descriptor for frames.

module LambdaImage
  module Logs
    TRACE, DEBUG, INFO, WARN, ERROR, FATAL = 1, 2, 3, 4, 5, 6
    NAMES = [nil, "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"].freeze
    FRAME_JSON = 0xA55A0002
    FRAME_TEXT = 0xA55A0003

    class << self
      attr_accessor :current # the invocation that is handled now
      attr_reader :as_json, :level, :logger_ready

      # Set up streams, before the function is loaded.
      def start(worker)
        $stdout.sync = true
        $stderr.sync = true
        @as_json = worker || ENV["AWS_LAMBDA_LOG_FORMAT"].to_s.casecmp?("JSON")
        @level = NAMES.index(level_name(ENV["AWS_LAMBDA_LOG_LEVEL"].to_s.upcase))
        @quiet = ENV["LAMBDA_IMAGE_LOG_ERRORS"].to_s.casecmp?("off")
        @frames = descriptor(ENV.delete("_LAMBDA_TELEMETRY_LOG_FD"))
        @lock = File.open(__FILE__) if worker
        @current = nil
        logger_loaded if defined?(::Logger::Formatter)
      end

      # `Logger` is there: new loggers to standard output and standard error write as Lambda wants it.
      def logger_loaded
        @logger_ready = true
        require "#{FOLDER}/log_formatter"
        ::Logger.prepend(LoggerPatch)
      end

      def flush
        [$stdout, $stderr].each do |stream|
          stream.flush
        rescue StandardError
          nil # closed, or replaced by something else
        end
      end

      # -- what the client has to say --------------------------------------------------------------------------

      # A failure, once, with type, message and stack. LAMBDA_IMAGE_LOG_ERRORS=off leaves it to the function.
      def fault(found)
        return if @quiet

        text = "#{found.type}: #{found.message}"
        if @as_json
          more = { "errorType" => found.type, "errorMessage" => found.message, "stackTrace" => found.stack }
          return record(ERROR, text, more)
        end
        record(ERROR, [text, *found.stack.map { |line| "\tfrom #{line}" }].join("\n"))
      rescue StandardError
        nil # the function has replaced what this needs: it is reported all the same
      end

      # A refusal of the Runtime API or the like.
      def say(message)
        record(WARN, message)
      end

      # Why the process ends, on standard error.
      def last_words(message)
        flush
        put($stderr, "#{formatted(FATAL, message)}\n")
      end

      def record(number, message, more = {})
        write(formatted(number, message, more), number) if @level.nil? || number >= @level
      end

      # A record of the client's own, in the format of the function's.
      def formatted(number, message, more = {})
        return text_line(NAMES[number], Time.now, nil, message) unless @as_json

        to_json(
          { "timestamp" => timestamp(Time.now), "level" => NAMES[number], "message" => message }
            .merge!(about_invocation, more)
        )
      end

      # Ruby's own form, the time in UTC, and the request id.
      def text_line(name, time, progname, message)
        id = @current ? @current.request_id : ""
        "#{name[0]}, [#{timestamp(time)} ##{Process.pid}] #{name.rjust(5)} #{id} -- #{progname}: #{message}"
      end

      # What each JSON record says of the invocation it belongs to.
      def about_invocation
        return {} if @current.nil?

        tenant = @current.tenant_id
        tenant ? { "requestId" => @current.request_id, "tenantId" => tenant } : { "requestId" => @current.request_id }
      end

      # RFC 3339 in UTC, to the microsecond.
      def timestamp(time)
        time.getutc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ")
      end

      # One line of JSON, whatever is in it.
      def to_json(values)
        require "json" unless defined?(::JSON::VERSION)
        JSON.generate(values)
      rescue StandardError, SystemStackError # NaN, a cycle, bytes that are no text
        Fault.json(values.map { |name, value| [utf8(name), plain(value)] }.to_h)
      end

      # A record, in one piece.
      def write(text, number, stream = STDOUT)
        if @frames
          micros = Process.clock_gettime(Process::CLOCK_REALTIME, :microsecond)
          return put(@frames, frame(text, number, micros))
        end
        flush # keeps the order with what was printed
        return put(stream, "#{text}\n") unless @lock

        @lock.flock(File::LOCK_EX) # a pipe keeps writes apart only up to 4 KiB
        begin
          put(stream, "#{text}\n")
        ensure
          @lock.flock(File::LOCK_UN)
        end
      end

      def frame(text, number, micros)
        data = text.b
        [(@as_json ? FRAME_JSON : FRAME_TEXT) + 4 * number, data.bytesize, micros].pack("NNQ>") << data
      end

      def utf8(text)
        Fault.utf8(text.to_s)
      end

      private

      def level_name(text)
        { "WARNING" => "WARN", "CRITICAL" => "FATAL", "" => "none" }.fetch(text, text)
      end

      # The descriptor for frames, where there is one that works; the function's children do not get it.
      def descriptor(text)
        stream = IO.for_fd(Kernel.Integer(text, 10), "wb", autoclose: false)
        stream.sync = true
        stream.close_on_exec = true
        stream
      rescue ArgumentError, TypeError, SystemCallError
        nil
      end

      def plain(value)
        value.is_a?(Array) ? value.map { |one| utf8(one) } : value.is_a?(Integer) ? value : utf8(value)
      end

      def put(stream, data)
        stream.write(data)
      rescue SystemCallError, IOError
        nil # nobody reads it any more: no reason to fail an invocation
      end
    end
  end
end
