# frozen_string_literal: true

# The Runtime API over HTTP/1.1: each call's bytes, and one kept connection, made anew when it may not be used again.
#
# A request leaves in one write and its answer is mostly one read. Only the socket library's native part is loaded;
# proxies are for the function's own calls.

require "socket.so"
require "#{LambdaImage::FOLDER}/head"

module LambdaImage
  PREFIX = "/2018-06-01/runtime"
  USER_AGENT = "aws-lambda-ruby/#{RUBY_VERSION}-lambda-image-#{VERSION}"
  JSON_TYPE = "application/json"

  # The Runtime API cannot be reached, ended the connection, or answered what is not HTTP.
  class ApiError < StandardError; end

  # The connection was lost before a byte of the answer came: on a kept one, the call was never served.
  class NothingRead < ApiError; end

  # What an answer says.
  class Answer
    attr_reader :status, :head, :body

    def initialize(head, body)
      @status = head.status
      @head = head
      @body = body
    end

    def header(field)
      @head[field]
    end
  end

  # Every call there is. No call has a timeout: the environment may be frozen for long.
  class RuntimeApi
    SMALL = 16_384 # bytes

    def initialize(address)
      @wire = Wire.new(address)
      @common = " HTTP/1.1\r\nHost: #{address}\r\nUser-Agent: #{USER_AGENT}\r\n"
      @get_next = "GET #{PREFIX}/invocation/next#{@common}\r\n"
    end

    def next
      @wire.exchange(@get_next)
    end

    def response(invocation, body, content_type = JSON_TYPE)
      post("/invocation/#{invocation.path_id}/response", body, content_type, invocation.own_headers)
    end

    def error(invocation, body, kind, cause = "")
      headers = invocation.own_headers + error_headers(kind, cause)
      post("/invocation/#{invocation.path_id}/error", body, JSON_TYPE, headers)
    end

    def init_error(body, kind, cause = "")
      post("/init/error", body, JSON_TYPE, error_headers(kind, cause))
    end

    def restore_next
      @wire.exchange("GET #{PREFIX}/restore/next#{@common}\r\n")
    end

    def restore_error(body, kind, cause = "")
      post("/restore/error", body, JSON_TYPE, error_headers(kind, cause))
    end

    # A response that is sent in pieces: an Upload. Its connection is a new one, for what is sent in pieces cannot be
    # sent again; and it is closed afterwards.
    def stream(invocation, content_type)
      @wire.upload(
        "POST #{PREFIX}/invocation/#{invocation.path_id}/response#{@common}Content-Type: #{content_type}\r\n" \
        "#{invocation.own_headers}Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n" \
        "Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\nConnection: close\r\n\r\n"
      )
    end

    # Forget the connection.
    def close
      @wire.close
    end

    private

    def post(path, body, content_type, headers)
      # A copy of a small body costs less than a second piece. Bytes of another encoding cannot be put together.
      small = body.bytesize < SMALL && body.encoding == Encoding::UTF_8
      request = "POST #{PREFIX}#{path}#{@common}#{headers}Content-Type: #{content_type}\r\n" \
                "Content-Length: #{body.bytesize}\r\n\r\n#{body if small}"
      small ? @wire.exchange(request) : @wire.exchange(request, body)
    end

    def error_headers(kind, cause)
      headers = "Lambda-Runtime-Function-Error-Type: #{kind}\r\n"
      cause.empty? ? headers : "#{headers}Lambda-Runtime-Function-XRay-Error-Cause: #{cause}\r\n"
    end
  end

  # One connection, and one request and its answer at a time on it.
  class Wire
    CHUNK = 65_536
    HEAD_LIMIT = 1_048_576 # of an answer; a client context of 3,583 bytes is the longest header in use
    HEAD_END = "\r\n\r\n"

    def self.number(text, base)
      number = Kernel.Integer(text, base)
      number.negative? ? raise(ArgumentError) : number
    rescue ArgumentError
      raise ApiError, "the answer is not HTTP: #{text[0, 100].inspect} is no length"
    end

    def initialize(address)
      @address = address
      @socket = nil
      @buffer = String.new(capacity: CHUNK)
      @shape = nil
      @same = nil
      @same_bytes = nil
    end

    # A kept connection may have been closed meanwhile: then once more, on a new one, but only if no byte of an answer
    # came.
    def exchange(head, body = nil)
      kept = @socket
      begin
        on(kept || connect, head, body)
      rescue NothingRead
        close
        raise if kept.nil?

        kept = nil
        retry
      rescue Exception # rubocop:disable Lint/RescueException -- whatever it is: half an answer is no beginning
        close
        raise
      end
    end

    def upload(head)
      close
      Upload.new(self, connect, head)
    end

    def close
      @socket&.close
    rescue SystemCallError
      nil
    ensure
      @socket = nil
    end

    def answer(socket)
      data = receive(socket, NothingRead)
      return @same if data == @same_bytes

      while true
        at = data.index(HEAD_END)
        while at.nil?
          raise ApiError, "the head of the answer is longer than #{HEAD_LIMIT} bytes" if data.bytesize > HEAD_LIMIT

          data = data.dup if data.equal?(@buffer)
          data << receive(socket)
          at = data.index(HEAD_END)
        end
        head = Head.new(data.byteslice(0, at), @shape)
        @shape = head.shape
        rest = data.byteslice(at + 4, data.bytesize)
        # Else an interim answer such as 100: the real one is still to come.
        return head.ends_with?(rest) ? whole(head, rest, data) : finish(socket, head, rest) if head.status >= 200

        data = rest
        data = receive(socket).dup if data.empty?
      end
    end

    private

    def on(socket, head, body)
      begin
        if body
          socket.write(head, body)
        else # `write` would take a lock
          sent = socket.send(head, 0)
          socket.write(head.byteslice(sent, head.bytesize)) if sent < head.bytesize
        end
      rescue SystemCallError, IOError # the function may have closed it
        # A refusal may be there already: 413 need not read it all.
        found = answer(socket)
        close
        return found
      end
      answer(socket)
    end

    def connect
      host, _, port = @address.rpartition(":")
      socket = TCPSocket.new(host.delete_prefix("[").delete_suffix("]"), Kernel.Integer(port, 10))
      # A read that waits is one call of the system, not three.
      socket.fcntl(4, socket.fcntl(3) & ~File::NONBLOCK)
      socket.setsockopt(Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1)
      socket.setsockopt(Socket::SOL_SOCKET, Socket::SO_KEEPALIVE, 1)
      @socket = socket
    rescue SystemCallError, SocketError, ArgumentError => e
      raise ApiError, "cannot connect to #{@address}: #{e.message}"
    end

    def receive(socket, lost = ApiError)
      socket.readpartial(CHUNK, @buffer)
    rescue EOFError
      raise lost, "the Runtime API closed the connection before its answer was whole"
    rescue SystemCallError, IOError => e
      raise lost, "the connection to the Runtime API was lost: #{e.message}"
    end

    # Answers to results are mostly the same, letter by letter, so the last one is kept.
    def whole(head, body, data)
      found = Answer.new(head, body)
      if head.status == 202
        @same = found
        @same_bytes = data.dup
      end
      found
    end

    def finish(socket, head, data)
      left = nil
      if head.chunked
        body, left = read_chunked(socket, data)
      elsif head.status == 204 || head.status == 304
        body = String.new
        left = data
      elsif head.length
        body, left = read_exactly(socket, data, head.length)
      else
        body = read_to_end(socket, data)
      end
      # Bytes that nobody asked for: what comes next could not be trusted.
      close if head.closing || left.nil? || !left.empty?
      Answer.new(head, body)
    end

    # A body of that many bytes, whose beginning is there, and what came after it.
    def read_exactly(socket, data, length)
      have = data.bytesize
      return [data, ""] if have == length
      return [data.byteslice(0, length), data.byteslice(length, have)] if have > length

      body = String.new(capacity: length)
      body << data
      while have < length
        size = length - have
        socket.readpartial(size < CHUNK ? size : CHUNK, @buffer)
        have += @buffer.bytesize
        body << @buffer
      end
      [body, ""]
    rescue SystemCallError, IOError => e
      raise ApiError, "the answer was cut off after #{have} of #{length} bytes: #{e.message}"
    end

    # A chunked body, and what came after it. Its trailers are not for us.
    def read_chunked(socket, data)
      body = String.new
      data = String.new << data
      line = lambda do
        data << receive(socket) until (at = data.index("\r\n"))
        found = data.slice!(0, at + 2)
        found[0, at]
      end
      loop do
        size = Wire.number(line.call[/\A[^;]*/].strip, 16)
        break if size.zero?

        piece, data = read_exactly(socket, data, size)
        body << piece
        data = String.new << data
        raise ApiError, "the answer is not HTTP: a chunk is longer than it says" unless line.call.empty?
      end
      nil until line.call.empty?
      [body, data]
    end

    def read_to_end(socket, data)
      body = String.new << data
      loop { body << socket.readpartial(CHUNK, @buffer) }
    rescue EOFError
      body
    rescue SystemCallError => e
      raise ApiError, "the connection was lost within an answer: #{e.message}"
    end
  end

  # A request whose body is sent in pieces, each at once.
  class Upload
    def initialize(wire, socket, head)
      @wire = wire
      @socket = socket
      @head = head
    end

    # False where the Runtime API takes no more: its answer may say why. A piece is never empty: that would be the end.
    def write(piece)
      @socket.write("#{@head}#{piece.bytesize.to_s(16)}\r\n", piece, "\r\n")
      @head = ""
      true
    rescue SystemCallError, IOError
      false
    end

    # The last chunk, and headers that come after it; the answer to all of it.
    def finish(trailers)
      begin
        @socket.write("#{@head}0\r\n#{trailers}\r\n")
      rescue SystemCallError, IOError
        nil # a refusal may be the reason: the answer says so
      end
      @wire.answer(@socket)
    ensure
      @wire.close
    end
  end
end
