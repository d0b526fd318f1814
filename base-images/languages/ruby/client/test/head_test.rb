# frozen_string_literal: true

# What one head says holds for the next only as far as the two are alike.

require_relative "support"

class HeadTest < Minitest::Test
  include LambdaImage

  ID = Invocation::REQUEST_ID
  TRACE = Invocation::TRACE_ID
  EVENT = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nLambda-Runtime-Aws-Request-Id: 8476a536-e9f4\r\n" \
          "Lambda-Runtime-Trace-Id: Root=1-5bef;Sampled=1\r\nX-Other: word"

  # What a head says, read after another and read alone: the same.
  def read_after(first, second)
    shape = Head.new(first.b).shape
    found = Head.new(second.b, shape)
    alone = Head.new(second.b)
    %i[status closing chunked length].each { |name| same(alone.public_send(name), found.public_send(name), second) }
    [ID, TRACE, Invocation::CLIENT_CONTEXT].each { |field| same(alone[field], found[field], second) }
    assert_equal alone.shape.in_path?(ID), found.shape.in_path?(ID) if alone[ID]
    [found, found.shape.equal?(shape)]
  end

  def same(expected, found, message)
    assert_equal [expected], [found], message
  end

  def test_ids_times_and_lengths_are_another_head_of_the_same_shape
    found, kept = read_after(EVENT, EVENT.sub("8476a536", "00ffee99").sub(": 12", ": 34").sub("5bef", "1234"))
    assert kept
    assert_equal ["00ffee99-e9f4", "Root=1-1234;Sampled=1", 34], [found[ID], found[TRACE], found.length]
  end

  def test_whatever_else_differs_is_read_anew
    {
      "status" => EVENT.sub("200 OK", "202 OK"),
      "version" => EVENT.sub("HTTP/1.1", "HTTP/1.0"),
      "a header less, as long" => EVENT.sub("Lambda-Runtime-Trace", "Xambda-Runtime-Trace"),
      "an absent header comes, as long" => EVENT.sub("X-Other: word", "X: 1\r\nY: 345"),
      "closing, as long" => EVENT.sub(/Lambda-Runtime-T.*1/, "Connection: close#{' ' * 30}"),
      "chunked" => EVENT.sub("Content-Length: 12", "Transfer-Encoding: chunked"),
      "a client context" => "#{EVENT}\r\nLambda-Runtime-Client-Context: {}",
      "a shorter id and a blank" => EVENT.sub("Id: 8476a536-e9f4", "Id:  476a536-e9f4"),
      "an id with a line's end in it" => EVENT.sub("8476a536-e9f4", "8\r\nX: 36-e9f"),
      "an id that no path may hold" => EVENT.sub("8476a536-e9f4", "8476/536-e9f4"),
      "an empty id" => EVENT.sub("8476a536-e9f4", " " * 13),
      "names in lower case" => EVENT.downcase.sub("http", "HTTP")
    }.each do |name, text|
      _, kept = read_after(EVENT, text)
      refute kept, name
      read_after(text, EVENT)
    end
  end

  def test_letters_of_a_name_are_no_digits
    found, = read_after("#{EVENT}\r\nxonnection: close", "#{EVENT}\r\nconnection: close")
    assert found.closing
  end

  def test_what_is_no_length_is_no_answer
    shape = Head.new(EVENT.b).shape
    assert_raises(ApiError) { Head.new(EVENT.sub(": 12", ": 1a").b, shape) }
  end

  def test_answers_in_a_row_are_each_read_for_what_they_are
    bodies = ['{"status":"OK"}', '{"status":"OK"}', "", '{"status":"no"}', '{"status":"OK"}']
    server = FakeApi.new(*bodies.each_with_index.map { |body, n| FakeApi.answer(n == 2 ? 413 : 202, body) })
    api = RuntimeApi.new(server.address)
    answers = bodies.map { api.next }
    assert_equal bodies, answers.map(&:body)
    assert_equal [202, 202, 413, 202, 202], answers.map(&:status)
  ensure
    server&.close
  end

  def test_a_result_goes_out_whole_whatever_its_size_and_encoding
    ["", "é" * 10, "x" * RuntimeApi::SMALL, "é".b * 9, "\xff".b, "y" * 3_000_000].each do |body|
      server = FakeApi.new(FakeApi.answer(202))
      answer = Invocation.new(Answer.new(Head.new("#{EVENT}\r\nLambda-Runtime-Invocation-Id: é".b), ""))
      RuntimeApi.new(server.address).response(answer, body)
      assert_equal body.b, server.requests.pop.b.split("\r\n\r\n", 2).last
    ensure
      server&.close
    end
  end

  def test_a_result_that_fails_leaves_nothing_to_the_next
    Payload.load_json
    endless = []
    endless << endless
    deep = (1..900).reduce(1) { |inner, _| [inner] }
    3.times do
      assert_raises(MarshalError) { Payload.generate(endless) }
      assert_raises(MarshalError) { Payload.generate([[Float::NAN]]) }
      assert_equal 900, Payload.generate(deep).count("[")
    end
  end
end
