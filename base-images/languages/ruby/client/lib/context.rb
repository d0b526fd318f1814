# frozen_string_literal: true

# One invocation: what came with its event, and what the handler is told of it, under the names of AWS's client.

module LambdaImage
  # A client context or identity is not a JSON object: that fails this invocation.
  class LambdaContextUnmarshalError < StandardError; end

  # The headers of an event, absent ones as nil, each looked up when somebody asks; and the event's bytes until
  # `take_event`.
  class Invocation
    REQUEST_ID = LambdaImage.field("lambda-runtime-aws-request-id")
    INVOCATION_ID = LambdaImage.field("lambda-runtime-invocation-id")
    TRACE_ID = LambdaImage.field("lambda-runtime-trace-id")
    DEADLINE_MS = LambdaImage.field("lambda-runtime-deadline-ms")
    FUNCTION_ARN = LambdaImage.field("lambda-runtime-invoked-function-arn")
    TENANT_ID = LambdaImage.field("lambda-runtime-aws-tenant-id")
    CLIENT_CONTEXT = LambdaImage.field("lambda-runtime-client-context")
    IDENTITY = LambdaImage.field("lambda-runtime-cognito-identity")
    LONGEST_MS = 900_000 # that a function may take: the deadline where the Runtime API names none

    attr_reader :request_id, :path_id, :own_headers, :trace_id

    def initialize(answer)
      @head = head = answer.head
      @event = answer.body
      @request_id = head[REQUEST_ID]
      @path_id = @request_id.nil? || head.shape.in_path?(REQUEST_ID) ? @request_id : in_path(@request_id)
      # One attempt's own id goes back as it came; one that would break a request's head is dropped.
      attempt = head[INVOCATION_ID]
      @own_headers = attempt && !attempt.b.match?(/[\r\n\0]/n) ? "Lambda-Runtime-Invocation-Id: #{attempt}\r\n" : ""
      @trace_id = head[TRACE_ID]
    end

    def deadline_ms
      @deadline_ms ||= Kernel.Integer(@head[DEADLINE_MS], 10)
    rescue ArgumentError, TypeError
      @deadline_ms = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) + LONGEST_MS
    end

    def arn
      @head[FUNCTION_ARN]
    end

    def tenant_id
      @head[TENANT_ID]
    end

    def client_context
      @head[CLIENT_CONTEXT]
    end

    def identity
      @head[IDENTITY]
    end

    # The event's bytes, which are not kept: 6 MB twice is too much.
    def take_event
      event = @event
      @event = nil
      event
    end

    private

    # The id as it came; only what no path may hold is escaped.
    def in_path(id)
      id.b.gsub(/[^A-Za-z0-9!$&'()*+,;=:@._~-]/n) { |byte| Kernel.format("%%%02X", byte.ord) }
    end
  end
end

# The handler's `context:`. A streaming handler may set `content_type` before its first piece.
class LambdaContext
  # What is the same for each invocation.
  FROM_ENVIRONMENT = %w[
    AWS_LAMBDA_FUNCTION_NAME AWS_LAMBDA_FUNCTION_VERSION AWS_LAMBDA_FUNCTION_MEMORY_SIZE AWS_LAMBDA_LOG_GROUP_NAME
    AWS_LAMBDA_LOG_STREAM_NAME
  ].map { |name| ENV[name]&.freeze }.freeze
  W3C = %w[traceparent tracestate baggage].freeze

  attr_reader :identity, :client_context, :function_name, :function_version, :memory_limit_in_mb, :log_group_name,
              :log_stream_name
  attr_accessor :content_type

  def initialize(invocation)
    @invocation = invocation
    @function_name, @function_version, @memory_limit_in_mb, @log_group_name, @log_stream_name = FROM_ENVIRONMENT
    @identity = (text = invocation.identity) && object(text, "Cognito identity")
    @client_context = (text = invocation.client_context) && object(text, "client context")
    found = @client_context&.delete("w3c")
    @w3c = found.slice(*W3C).select { |_, value| value.is_a?(String) } if found.is_a?(Hash)
  end

  def aws_request_id
    @invocation.request_id
  end

  def invoked_function_arn
    @invocation.arn
  end

  def tenant_id
    @invocation.tenant_id
  end

  def deadline_ms
    @invocation.deadline_ms
  end

  # Milliseconds to the deadline, by the wall clock, asked each time: a frozen environment's other clocks stand still.
  def get_remaining_time_in_millis # rubocop:disable Naming/AccessorMethodName -- AWS's name
    left = deadline_ms - Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond)
    left.positive? ? left : 0
  end

  # The W3C trace context that came with the client context.
  def w3c
    (@w3c || {}).dup
  end

  private

  def object(text, what)
    value = JSON.parse(text)
    return value if value.nil? || value.is_a?(Hash)

    raise LambdaImage::LambdaContextUnmarshalError, "the #{what} is not a JSON object: #{value.inspect[0, 200]}"
  rescue JSON::ParserError, EncodingError => e
    raise LambdaImage::LambdaContextUnmarshalError, "the #{what} is not JSON: #{e.message}"
  end
end
