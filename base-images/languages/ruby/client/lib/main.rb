# frozen_string_literal: true

# From the bootstrap to the loop: search path, one process or several workers. The interpreter is started without
# RubyGems, which is most of a start; `gems` brings it in when something asks for it.

module LambdaImage
  VERSION = "0.1.0"
  FOLDER = __dir__
  # What is loaded late: a broken installation shows at the start, not at the first event that needs it.
  LATE = %w[concurrency errors log_formatter snapstart stream].freeze

  autoload :Fault, "#{FOLDER}/errors"
  autoload :SnapStart, "#{FOLDER}/snapstart"
  autoload :Concurrency, "#{FOLDER}/concurrency"
  autoload :Stream, "#{FOLDER}/stream"

  class << self
    def main
      unless ENV["AWS_LAMBDA_RUNTIME_API"].to_s.match?(/./)
        quit("AWS_LAMBDA_RUNTIME_API is not set, so there is no Runtime API to ask for work: run the image in " \
             "Lambda, under the emulator (aws-lambda-rie), or set it to HOST:PORT")
      end
      load_client
      add_task_root
      if ENV.key?("AWS_LAMBDA_MAX_CONCURRENCY")
        Concurrency.run { Loop.work(worker: true) }
      else
        Loop.work
      end
    end

    private

    def load_client
      missing = LATE.reject { |name| File.readable?("#{FOLDER}/#{name}.rb") }
      raise LoadError, "missing from #{FOLDER}: #{missing.join('.rb, ')}.rb" unless missing.empty?

      require "#{FOLDER}/gems"
      require "#{FOLDER}/loop"
    rescue ScriptError, StandardError => e
      quit("the Runtime API client cannot be loaded: #{e.class}: #{e.message} (#{e.backtrace&.first})")
    end

    # The function's own files come first, whatever RUBYLIB says.
    def add_task_root
      root = ENV["LAMBDA_TASK_ROOT"].to_s.empty? ? Dir.pwd : ENV["LAMBDA_TASK_ROOT"]
      $LOAD_PATH.unshift(root) unless $LOAD_PATH.first == root
    end

    def quit(message)
      warn("bootstrap: #{message}")
      exit!(1)
    end
  end
end

LambdaImage.main
