# frozen_string_literal: true

# The function's Logger, and what the client itself says.

require_relative "support"
require "logger"

class LogsTest < Minitest::Test
  include LambdaImage

  def with(as_json:, level: nil)
    reader, writer = IO.pipe
    Logs.instance_variable_set(:@as_json, as_json)
    Logs.instance_variable_set(:@level, level)
    Logs.logger_loaded unless Logs.logger_ready
    Logs.current = Struct.new(:request_id, :tenant_id).new("r1", "blue")
    before = $stdout
    $stdout = writer
    yield ::Logger.new($stdout)
    $stdout = before
    writer.close
    reader.read
  ensure
    $stdout = before
    Logs.current = nil
  end

  def test_text_has_level_utc_time_and_request_id
    line = with(as_json: false) { |logger| logger.warn("watch\nout") }
    assert_match(/\AW, \[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z #\d+\]  WARN r1 -- : watch\nout\n\z/, line)
  end

  def test_a_record_is_one_line_of_json_whatever_is_logged
    cycle = []
    cycle << cycle
    [nil, "a\n\"b\" \u2028", "\xff".b, { "a" => 1 }, { "a" => Float::NAN }, { "a" => cycle }, cycle, :symbol,
     StandardError.new("no stack"), StandardError.new("\xff")].each do |message|
      text = with(as_json: true) { |logger| logger.error(message) }
      assert_equal 1, text.count("\n"), message.inspect
      record = JSON.parse(text)
      assert_equal %w[ERROR r1 blue], record.values_at("level", "requestId", "tenantId"), message.inspect
    end
  end

  def test_an_exception_has_type_message_and_stack
    text = with(as_json: true) do |logger|
      raise ArgumentError, "bad"
    rescue ArgumentError => e
      logger.error(e)
    end
    record = JSON.parse(text)
    assert_equal %w[ArgumentError bad bad], record.values_at("errorType", "errorMessage", "message")
    assert_match(/logs_test\.rb/, record["stackTrace"].first)
  end

  def test_the_level_of_the_environment_counts_unless_the_function_has_one
    text = with(as_json: true, level: Logs::ERROR) do |logger|
      logger.info("hidden")
      ::Logger.new($stdout, level: ::Logger::DEBUG).info("shown")
    end
    refute_match(/hidden/, text)
    assert_match(/shown/, text)
  end

  def test_a_formatter_of_the_functions_own_is_left_alone
    text = with(as_json: true) do |logger|
      logger.formatter = ->(severity, _time, _name, message) { "#{severity} #{message}\n" }
      logger.info("mine")
    end
    assert_equal "INFO mine\n", text
  end

  def test_other_loggers_are_left_alone
    file = StringIO.new
    with(as_json: true) { ::Logger.new(file).info("elsewhere") }
    assert_match(/INFO -- : elsewhere/, file.string)
    with(as_json: true) { ::Logger.new(nil).info("nowhere") }
  end
end
