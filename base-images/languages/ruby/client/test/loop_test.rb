# frozen_string_literal: true

# The client as a process of its own, against a Runtime API of the tests' own.

require_relative "support"

class LoopTest < Minitest::Test
  EVENT = { "Lambda-Runtime-Aws-Request-Id" => "r1", "Lambda-Runtime-Deadline-Ms" => "99999999999999" }.freeze

  # What the process printed, its status and the requests that it made.
  Ended = Struct.new(:out, :status, :requests)

  def run_client(source, *answers, handler: "app.handler", environment: {})
    Dir.mktmpdir do |folder|
      File.write("#{folder}/app.rb", source)
      server = FakeApi.new(*answers)
      variables = { "AWS_LAMBDA_RUNTIME_API" => server.address, "LAMBDA_TASK_ROOT" => folder, "_HANDLER" => handler,
                    "GEM_PATH" => nil, "RUBYOPT" => nil, "RUBYLIB" => nil, "AWS_LAMBDA_LOG_FORMAT" => nil }
      out = IO.popen([variables.merge(environment), RbConfig.ruby, "--disable=gems", "#{CLIENT}/main.rb",
                      { err: %i[child out] }], &:read)
      requests = Array.new(server.requests.size) { server.requests.pop }
      return Ended.new(out, $?.exitstatus, requests)
    ensure
      server&.close
    end
  end

  def event(body, headers = EVENT)
    FakeApi.answer(200, body, headers)
  end

  ACCEPTED = FakeApi.answer(202)
  STOP = FakeApi.answer(403)

  def body_of(request)
    request.split("\r\n\r\n", 2).last
  end

  def test_a_result_is_posted_and_the_next_event_asked_for
    ended = run_client("def handler(event:, context:) = { got: event }".sub(" = ", "\n") + "\nend",
                       event('{"a":1}'), ACCEPTED, STOP)
    assert_equal %w[next response next], ended.requests.map { |one| one[%r{/(\w+) HTTP}, 1] }
    assert_equal '{"got":{"a":1}}', body_of(ended.requests[1])
    assert_equal 1, ended.status
  end

  def test_statuses_are_answered_as_all_clients_do
    vectors("statuses").each do |vector|
      next unless %w[response error].include?(vector["call"])

      source = vector["call"] == "error" ? "raise 'x'" : "1"
      ended = run_client("def handler(event:, context:)\n#{source}\nend",
                         event("1"), FakeApi.answer(vector["status"]), STOP)
      went_on = ended.requests.size == 3
      assert_equal vector["single"] == "go-on", went_on, vector.inspect
      refute_equal 0, ended.status
    end
  end

  def test_no_rubygems_and_no_json_before_the_function_asks
    ended = run_client(<<~RUBY, event("1"), ACCEPTED, STOP)
      LOADED = [defined?(Gem::VERSION) && $LOADED_FEATURES.grep(/rubygems/).any?, defined?(JSON), defined?(Logger)]
      def handler(event:, context:)
        [LOADED, $LOADED_FEATURES.grep(/rubygems/).size]
      end
    RUBY
    refute_match(/rubygems/, body_of(ended.requests[1]))
    assert_match(/null,null\]/, body_of(ended.requests[1]))
  end

  def test_rubygems_comes_when_it_is_asked_for
    ['Gem::VERSION', 'gem("rake"); Gem::VERSION', 'require "rexml/document"; Gem::VERSION',
     'require "bundler"; Bundler::VERSION && Gem::VERSION'].each do |asking|
      ended = run_client("def handler(event:, context:)\n#{asking}\nend", event("1"), ACCEPTED, STOP)
      assert_equal Gem::VERSION, JSON.parse(body_of(ended.requests[1])), asking
    end
  end

  def test_what_is_nowhere_is_a_load_error
    ended = run_client("require 'nowhere/at_all'", ACCEPTED)
    report = JSON.parse(body_of(ended.requests[0]))
    assert_equal "Runtime.ImportModuleError", report["errorType"]
    assert_match(%r{nowhere/at_all}, report["errorMessage"])
    assert_equal 1, ended.status
  end

  def test_a_syntax_error_names_file_and_line
    ended = run_client("def handler(", ACCEPTED)
    report = JSON.parse(body_of(ended.requests[0]))
    assert_equal "Runtime.UserCodeSyntaxError", report["errorType"]
    assert_match(/app\.rb:1/, report["stackTrace"].first)
  end

  def test_handlers_that_are_no_method
    { "app" => "Malformed", "app." => "Malformed", ".app" => "Malformed", "" => "Malformed", "app.none" => "NotFound",
      "app.None.handler" => "NotFound", "none.handler" => "ImportModule" }.each do |handler, kind|
      ended = run_client("def handler(event:, context:); end", ACCEPTED, handler: handler)
      assert_match(/#{kind}/, JSON.parse(body_of(ended.requests[0]))["errorType"], handler)
    end
  end

  def test_a_method_that_calls_what_is_missing_is_no_missing_handler
    ended = run_client("nowhere_to_be_found", ACCEPTED)
    assert_equal "NameError", JSON.parse(body_of(ended.requests[0]))["errorType"]
  end

  def test_exit_in_a_handler_is_reported_and_at_exit_runs
    ended = run_client("at_exit { puts 'bye' }\ndef handler(event:, context:)\nexit 3\nend", event("1"), ACCEPTED)
    assert_equal 3, ended.status
    assert_match(/Runtime exited with error: exit status 3/, body_of(ended.requests[1]))
    assert_match(/bye/, ended.out)
  end

  def test_name_errors_and_stop_iteration_keep_the_process
    %w[nowhere_to_be_found raise(StopIteration) raise(Exception)].each do |failing|
      ended = run_client("def handler(event:, context:)\n#{failing}\nend", event("1"), ACCEPTED, event("2"), ACCEPTED, STOP)
      assert_equal 5, ended.requests.size, failing
    end
  end

  def test_io_is_posted_as_it_is
    source = "require 'stringio'\ndef handler(event:, context:)\nStringIO.new(\"\\xff\\x00\".b)\nend"
    ended = run_client(source, event("1"), ACCEPTED, STOP)
    assert_includes ended.requests[1], "Content-Type: application/unknown\r\n"
    assert_equal "\xff\x00".b, body_of(ended.requests[1].b)
  end

  def test_a_stream_that_fails_before_its_first_piece_is_an_ordinary_error
    source = "def handler(event:, context:)\nEnumerator.new { |out| raise 'early' }\nend"
    ended = run_client(source, event("1"), ACCEPTED, STOP)
    assert_match(%r{/error HTTP}, ended.requests[1])
  end

  def test_a_handler_that_is_broken_off_cleans_up
    source = <<~RUBY
      def handler(event:, context:)
        Enumerator.new do |out|
          1000.times { out << "x" * 100_000 }
        ensure
          puts "cleaned up"
        end
      end
    RUBY
    server = TCPServer.new("127.0.0.1", 0)
    Thread.new do
      socket = server.accept
      FakeApi.read(socket)
      socket.write(event("1"))
      stream = server.accept
      stream.readpartial(1000)
      stream.setsockopt(Socket::SOL_SOCKET, Socket::SO_LINGER, [1, 0].pack("ii"))
      stream.close
      again = server.accept
      FakeApi.read(again)
      again.write(STOP)
    end
    ended = run_client(source, environment: { "AWS_LAMBDA_RUNTIME_API" => "127.0.0.1:#{server.addr[1]}" })
    assert_match(/cleaned up/, ended.out)
    assert_match(/broke the stream off/, ended.out)
  ensure
    server&.close
  end

  def test_a_connection_lost_between_two_calls_costs_no_invocation
    ended = run_client("def handler(event:, context:)\nevent\nend", event("1"), :close, ACCEPTED, :close, STOP)
    assert_equal %w[next response next], ended.requests.map { |one| one[%r{/(\w+) HTTP}, 1] }
  end
end
