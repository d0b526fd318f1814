# frozen_string_literal: true

# Response streaming: the pieces of an Enumerator, and what becomes of an error among them.

module LambdaImage
  # One streamed response. The request begins with the first piece: an error before it is an ordinary one, and by then
  # the handler has chosen its content type. A Hash as the first piece is the prelude of an HTTP response: statusCode,
  # headers, cookies.
  class Stream
    BYTES = "application/octet-stream"
    INTEGRATION = "application/vnd.awslambda.http-integration-response"
    DELIMITER = ("\0" * 8).freeze
    Accepted = Struct.new(:status)

    def initialize(loop, api, invocation, pieces, context)
      @loop = loop
      @api = api
      @invocation = invocation
      @pieces = pieces
      @context = context
      @upload = nil
      @broken = false
    end

    # The answer to the response, or to the report of a failure before it.
    def serve
      error = pieces_until_end
      @loop.end_of_child(error)
      return @loop.fail(@invocation, error) if error && @upload.nil?

      fault = @loop.fault_of(error) if error
      Logs.fault(fault) if fault
      begin_request if @upload.nil?
      @upload.finish(trailers(fault))
    rescue ApiError => e
      Logs.say("the Runtime API broke the stream off: #{e.message}")
      Accepted.new(202)
    ensure
      @loop.exit_with(error) if error.is_a?(SystemExit) && @upload
    end

    private

    # Nil, or what the handler raised.
    def pieces_until_end
      first = true
      @pieces.each do |piece|
        data = first ? opening(piece) : bytes(piece)
        first = false
        next if data.empty?

        begin_request if @upload.nil?
        # Nobody reads on: `break` unwinds the handler, which may have something to clean up.
        break unless @upload.write(data)
      end
      nil
    rescue SignalException, ApiError
      raise
    rescue Exception => e # rubocop:disable Lint/RescueException
      e
    end

    def opening(piece)
      return bytes(piece) unless piece.is_a?(Hash)

      @context.content_type ||= INTEGRATION
      piece.to_json.b << DELIMITER
    end

    def bytes(piece)
      return piece if piece.is_a?(String)
      return "" if piece.nil?

      raise TypeError, "a piece of a stream is a String, not #{piece.class}"
    end

    def begin_request
      content_type = (@context.content_type || BYTES).to_s.gsub(/[^ -~]/, "?")
      @upload = @api.stream(@invocation, content_type)
    end

    def trailers(fault)
      return "" if fault.nil?

      "Lambda-Runtime-Function-Error-Type: #{fault.header}\r\n" \
        "Lambda-Runtime-Function-Error-Body: #{[fault.body].pack('m0')}\r\n"
    end
  end
end
