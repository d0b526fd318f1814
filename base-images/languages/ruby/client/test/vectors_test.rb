# frozen_string_literal: true

# What the clients of all languages agree on: inputs and exact bytes.

require_relative "support"

class VectorsTest < Minitest::Test
  include LambdaImage

  def answer_to(bytes, cut)
    client, server = Socket.pair(:UNIX, :STREAM)
    wire = Wire.new("unused:1")
    closed = false
    wire.define_singleton_method(:close) { closed = true }
    writer = Thread.new do
      (0...bytes.bytesize).step(cut) { |at| server.write(bytes.byteslice(at, cut)) }
      server.close
    rescue Errno::EPIPE
      nil # what is no HTTP is not read to its end
    end
    [wire.answer(client), closed]
  ensure
    writer.join
    client.close
  end

  def test_answers_are_read_however_they_are_cut
    vectors("answers").each do |vector|
      bytes = vector["bytes"].encode("ISO-8859-1").b
      [1, 3, 1_000_000].each do |cut|
        if vector["status"].nil?
          assert_raises(ApiError, vector["name"]) { answer_to(bytes, cut) }
          next
        end
        answer, closed = answer_to(bytes, cut)
        assert_equal vector["status"], answer.status, vector["name"]
        assert_equal vector["body"].encode("ISO-8859-1").b, answer.body.b, vector["name"]
        # Bytes that nobody asked for are seen only if they are there with what was asked for.
        assert_equal vector["reusable"], !closed, vector["name"] if vector["reusable"] || cut > 3
        vector["headers"].each do |name, value|
          assert_equal value.encode("ISO-8859-1").b, answer.header(LambdaImage.field(name)).to_s.b, vector["name"]
        end
      end
    end
  end

  # What is kept of one answer is not taken for what another says: each pair, on one connection.
  def test_one_answer_says_nothing_of_the_next
    readable = vectors("answers").reject { |vector| vector["status"].nil? }
    readable.select { |vector| vector["reusable"] }.product(readable).each do |first, second|
      assert_equal what_is_said(second), what_is_said(first, second), "#{second['name']}, after #{first['name']}"
    end
  end

  # Of the last of these answers.
  def what_is_said(*answers)
    client, server = Socket.pair(:UNIX, :STREAM)
    wire = Wire.new("unused:1")
    closed = false
    wire.define_singleton_method(:close) { closed = true }
    said = nil
    answers.each_with_index do |vector, n|
      server.write(vector["bytes"].encode("ISO-8859-1").b)
      server.close if n == answers.size - 1
      said = wire.answer(client)
    end
    [said.status, said.body, closed, HEADERS.map { |name| said.header(LambdaImage.field(name)) }]
  ensure
    client.close
  end

  HEADERS = %w[lambda-runtime-aws-request-id lambda-runtime-trace-id content-length x-other y].freeze

  def invocation(values)
    lines = { "aws-request-id" => values["request_id"], "invocation-id" => values["invocation_id"] }.compact
    fields = lines.map { |name, value| "\r\nLambda-Runtime-#{name}: ".b + value.encode("ISO-8859-1").b }
    Invocation.new(Answer.new(Head.new("HTTP/1.1 200 OK".b + fields.join), ""))
  end

  def test_requests_are_these_bytes
    vectors("requests").each do |vector|
      server = FakeApi.new(FakeApi.answer(202))
      call(RuntimeApi.new(server.address), vector)
      expected = vector["bytes"].sub("{host}", server.address).sub("{agent}", USER_AGENT)
      assert_equal expected.b, server.requests.pop.b, vector["call"]
    ensure
      server&.close
    end
  end

  def call(api, vector)
    one = invocation(vector) if vector["request_id"]
    rest = [vector["body"], vector["type"], vector["cause"]].compact
    case vector["call"]
    when "next" then api.next
    when "restore-next" then api.restore_next
    when "response" then api.response(one, vector["body"])
    when "error" then api.error(one, *rest)
    when "init-error" then api.init_error(*rest)
    when "restore-error" then api.restore_error(*rest)
    when "stream" then stream(api.stream(one, vector["content_type"]), vector)
    else flunk "the vectors have a call that this test does not know: #{vector['call']}"
    end
  end

  def stream(upload, vector)
    vector["pieces"].each { |piece| upload.write(piece) }
    fault = Struct.new(:header, :body).new(vector["trailers"]["type"], vector["trailers"]["body"]) if vector["trailers"]
    upload.finish(Stream.allocate.send(:trailers, fault))
  end

  def test_how_many_workers_a_text_asks_for
    vectors("concurrency").each do |vector|
      assert_equal vector["workers"], Concurrency.workers_of(vector["text"]), vector["text"].inspect
    end
  end

  def test_ids_go_back_like_this
    vectors("ids").each do |vector|
      one = invocation(vector)
      assert_equal vector["path"], one.path_id
      header = vector["header"]
      expected = header ? "Lambda-Runtime-Invocation-Id: ".b + header.encode("ISO-8859-1").b + "\r\n".b : "".b
      assert_equal expected, one.own_headers.b
    end
  end

  def test_texts_are_posted_as_these_bytes
    vectors("texts").each do |vector|
      assert_equal vector["body"], Payload.generate(vector["text"])
    end
  end

  def test_long_texts_are_as_the_library_writes_them
    long = "x" * 70_000
    Payload.load_json
    [long, "#{long}\"", "#{long}\n", "#{long}\u00e9", { "a" => long, b: 1, 2 => nil, "c\"" => [long] },
     { "a" => "\e#{long}" }, { "a" => long, "t" => Time.at(0), "o" => { "n" => 1.5 } }].each do |value|
      assert_equal JSON.generate(value), Payload.generate(value)
    end
    assert_raises(MarshalError) { Payload.generate({ "a" => long, "b" => Float::NAN }) }
    assert_raises(MarshalError) { Payload.generate("#{long}\xff") }
  end

  def test_types_become_these_headers
    vectors("types").each do |vector|
      kind = vector["type"] if vector["type"].start_with?("Runtime.")
      error = Class.new(StandardError) { define_singleton_method(:name) { vector["type"] } }.new
      assert_equal vector["header"], Fault.new(error, kind: kind).header
    end
  end

  def test_frames_are_these_bytes
    vectors("frames").each do |vector|
      Logs.instance_variable_set(:@as_json, vector["format"] == "JSON")
      frame = Logs.frame(vector["message"], Logs::NAMES.index(vector["level"]), vector["microseconds"])
      assert_equal vector["frame"], frame.unpack1("H*")
    end
  ensure
    Logs.instance_variable_set(:@as_json, nil)
  end
end
