# frozen_string_literal: true

# The life of a process: load the function, then event after event, result after result.

require "#{LambdaImage::FOLDER}/runtime_api"
require "#{LambdaImage::FOLDER}/context"
require "#{LambdaImage::FOLDER}/handler"
require "#{LambdaImage::FOLDER}/payload"
require "#{LambdaImage::FOLDER}/logs"

module LambdaImage
  # One process, one event at a time.
  class Loop
    # Tries of GET /next, and the first pause between them, which doubles. A worker among several is more patient.
    TRIES = 3
    WORKER_TRIES = 6
    PAUSE = 0.1
    LIMIT = 6_291_556 # bytes of a result; AWS's number, for the message of a 413
    LARGE = 2 * 1024 * 1024 # bytes after which memory is given back before the next event is waited for
    TRACE_ID = "_X_AMZN_TRACE_ID"
    KINDS = {
      UnmarshalError => "Runtime.UnmarshalError",
      MarshalError => "Runtime.MarshalError",
      LambdaContextUnmarshalError => "Runtime.LambdaContextUnmarshalError"
    }.freeze

    # Serve as a process of its own, or as one worker among several. Does not return.
    def self.work(worker: false)
      Logs.start(worker)
      trap("TERM") { leave(143) } # the function may set a trap of its own
      Gems.install
      served = new(RuntimeApi.new(ENV["AWS_LAMBDA_RUNTIME_API"]), worker)
      served.load
      served.run
    rescue Interrupt
      leave(130)
    end

    # At once, without waiting for threads of the function's own.
    def self.leave(status)
      Logs.flush
      exit!(status)
    end

    def initialize(api, worker)
      @api = api
      @worker = worker
      @process = Process.pid
      @size = 0 # of the last event or result
    end

    def run
      while true # `loop` would end at a StopIteration
        invocation = self.next
        $_global_aws_request_id = invocation.request_id # where formatters written for AWS's client look
        Logs.current = invocation
        begin
          answer = handle(invocation)
          refused(answer) if answer.status != 202
        rescue ApiError => e
          lost(e)
        end
        Logs.current = nil
        give_back if @size > LARGE
      end
    end

    # Call the method and post what comes of it: a result, a stream or an error.
    def handle(invocation)
      begin
        result = outcome(invocation)
        content_type = JSON_TYPE
        case result
        when Hash, Array, String # the usual ones at once
          result = Payload.generate(result)
        when Enumerator
          content_type = nil
        when IO, string_io
          result = result.read || ""
          content_type = "application/unknown" # as AWS's client has it
        else
          result = Payload.generate(result)
        end
      rescue SignalException
        raise
      rescue Exception => e # rubocop:disable Lint/RescueException -- also SystemExit, NoMemoryError, ScriptError
        return fail(invocation, e)
      end
      return late(:Stream).new(self, @api, invocation, result, @context).serve if content_type.nil?

      @size = result.bytesize if result.bytesize > @size
      @api.response(invocation, result, content_type)
    end

    def outcome(invocation)
      ENV[TRACE_ID] = invocation.trace_id # nil where there is none: the last event's must not be seen
      @context = LambdaContext.new(invocation)
      event = invocation.take_event
      @size = event.bytesize
      result = @receiver.__send__(@name, event: Payload.parse(event), context: @context)
      Process.pid == @process ? result : raise(SystemExit)
    end

    # The next event; the process ends where there is none to be had.
    def next
      problem = nil
      (@worker ? WORKER_TRIES : TRIES).times do |number|
        Kernel.sleep(PAUSE * 2**(number - 1)) if number.positive?
        begin
          answer = @api.next
        rescue ApiError => e
          problem = e.message
          next
        end
        if answer.status == 200
          invocation = Invocation.new(answer)
          return invocation if invocation.request_id

          problem = "an event without Lambda-Runtime-Aws-Request-Id"
          break
        end
        problem = describe(answer)
        break if answer.status < 500 && !@worker
      end
      die("GET /runtime/invocation/next failed: #{problem}")
    end

    # Find the function and pass through SnapStart; what fails is reported once, and the process ends.
    def load
      @receiver, @name = Handler.find(ENV["_HANDLER"].to_s)
      Payload.load_json
    rescue SignalException
      raise
    rescue Exception => e # rubocop:disable Lint/RescueException
      kind = e.kind if e.is_a?(InitError)
      report(fault_of(e, kind, "Runtime.InitError"), expected: @worker ? 403 : 0) { |*all| @api.init_error(*all) }
      exit_with(e)
    else
      SnapStart.pass_through(self, @api) if ENV["AWS_LAMBDA_INITIALIZATION_TYPE"] == "snap-start"
    end

    # -- what goes wrong ----------------------------------------------------------------------------------------

    # Report an error of the function. Where it asked to end the process, that is done.
    def fail(invocation, error)
      end_of_child(error)
      fault = fault_of(error)
      Logs.fault(fault)
      @size = fault.body.bytesize if fault.body.bytesize > @size
      begin
        @api.error(invocation, fault.body, fault.header, fault.cause)
      ensure
        exit_with(error) if error.is_a?(SystemExit)
      end
    end

    def fault_of(error, kind = nil, header = nil)
      if error.is_a?(SystemExit)
        reason = error.status.zero? ? "without providing a reason" : "with error: exit status #{error.status}"
        return late(:Fault).new(error, kind: "Runtime.ExitError", message: "Runtime exited #{reason}")
      end
      late(:Fault).new(error, kind: kind || KINDS[error.class], header: header)
    end

    # Where it is a child that comes out of the handler, one that the function forked without a block, it ends as a
    # block's would: the invocation and the connection are its parent's.
    def end_of_child(error)
      return if Process.pid == @process

      Kernel.warn(error.full_message) unless error.nil? || error.is_a?(SystemExit)
      Kernel.exit(error.is_a?(SystemExit) ? error.status : error.nil?)
    end

    # Log a failure outside an invocation and report it once, whatever the answer.
    def report(fault, expected: 0)
      Logs.fault(fault)
      answer = yield(fault.body, fault.header, fault.cause)
      return if [202, expected].include?(answer.status)

      Logs.say("the report of the failure was refused: #{describe(answer)}")
    rescue ApiError => e
      Logs.say("the failure could not be reported: #{e.message}")
    end

    # End as `exit` would, or with 1 after any other failure of the init.
    def exit_with(error)
      Loop.leave(1) unless error.is_a?(SystemExit)
      status = error.status
      status = 1 if status.zero? && Logs.current.nil?
      Logs.flush
      Kernel.exit(status) # runs what at_exit was given
    end

    def describe(answer)
      "status #{answer.status} #{answer.body.byteslice(0, 200).force_encoding('UTF-8').scrub('?').strip}"
    end

    private

    # Any answer but 202 to a result. 500 is the end, of a worker not; what else is logged and passed over.
    def refused(answer)
      what = "the Runtime API refused the result: #{describe(answer)}"
      what += "; it has #{@size} bytes, the limit is #{LIMIT}" if answer.status == 413
      die(what) if answer.status >= 500 && !@worker
      Logs.say(what)
    end

    # A result that could not be posted.
    def lost(error)
      what = "the result could not be posted: #{error.message}"
      @worker ? Logs.say(what) : die(what)
    end

    # Nothing more can be done: say why.
    def die(reason)
      Logs.last_words(reason)
      Loop.leave(1)
    end

    # What is loaded late: where the function has used up its descriptors, by the connection's, which is made anew.
    def late(name)
      LambdaImage.const_get(name)
    rescue LoadError
      @api.close
      LambdaImage.const_get(name)
    end

    def string_io
      defined?(::StringIO) ? ::StringIO : IO
    end

    # After large events: what they took goes back before this process is frozen with it.
    def give_back
      @context = nil
      GC.start
      @size = 0
    end
  end
end
