# frozen_string_literal: true

# A Runtime API of the tests' own, and the client without its start.

require "minitest/autorun"
require "json"
require "socket"
require "tmpdir"
require "rbconfig"

CLIENT = File.expand_path("../lib", __dir__)
VECTORS = File.expand_path("../../../../vectors", __dir__)

module LambdaImage
  VERSION = "0.1.0"
  FOLDER = CLIENT
  autoload :Concurrency, "#{CLIENT}/concurrency"
  autoload :Fault, "#{CLIENT}/errors"
  autoload :Stream, "#{CLIENT}/stream"
  autoload :SnapStart, "#{CLIENT}/snapstart"
end
require "#{CLIENT}/gems"
require "#{CLIENT}/loop"

def vectors(name)
  JSON.parse(File.read("#{VECTORS}/#{name}.json", encoding: "UTF-8"))
end

# Serves each connection with one of the given blocks in turn; keeps what it was sent.
class FakeApi
  attr_reader :requests, :address

  def initialize(*answers)
    @server = TCPServer.new("127.0.0.1", 0)
    @address = "127.0.0.1:#{@server.addr[1]}"
    @answers = answers
    @requests = Queue.new
    @thread = Thread.new { serve }
  end

  def close
    @thread.kill
    @server.close unless @server.closed?
  end

  # One request, read by its own framing.
  def self.read(socket)
    head = socket.gets("\r\n\r\n") or return nil
    length = head[/^content-length: (\d+)/i, 1]
    return head + socket.read(length.to_i) if length
    return head unless head.match?(/^transfer-encoding: chunked/i)

    head << socket.gets("\r\n") until head.end_with?("\r\n0\r\n")
    head << socket.gets("\r\n") until head.end_with?("\r\n\r\n")
    head
  end

  def self.answer(status, body = "{}", headers = {})
    lines = headers.map { |name, value| "#{name}: #{value}\r\n" }.join
    "HTTP/1.1 #{status} Whatever\r\nContent-Length: #{body.bytesize}\r\n#{lines}\r\n#{body}"
  end

  private

  def serve
    until @answers.empty?
      socket = @server.accept
      while (request = FakeApi.read(socket))
        @requests << request
        answer = @answers.shift
        socket.write(answer) if answer
        break if answer.nil? || @answers.first == :close && @answers.shift
      end
      socket.close
    end
    @server.close # whoever asks for more is refused, and waits for nothing
  end
end
