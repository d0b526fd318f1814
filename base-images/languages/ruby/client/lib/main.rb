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
      count = workers(ENV["AWS_LAMBDA_MAX_CONCURRENCY"].to_s.b)
      count.zero? ? Loop.work : Concurrency.run(count) { Loop.work(worker: true) }
    end

    private

    # How many invocations at once; 0 where that is not asked for, or in a way that nobody can follow, which is said.
    def workers(asked)
      return 0 if asked.empty?

      count = Concurrency.workers_of(asked)
      warn("bootstrap: AWS_LAMBDA_MAX_CONCURRENCY is no number from 1 to 1600, and not heeded: #{asked}") if count.zero?
      count
    end

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
