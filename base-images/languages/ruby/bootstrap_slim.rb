#!/usr/bin/ruby3.3
# frozen_string_literal: true

# ENTRYPOINT of an image without a shell: lambda-entrypoint.sh and bootstrap in one program.
#
# It is installed as /var/runtime/bootstrap with a first line that names the interpreter's own file. The handler is its
# argument, else _HANDLER. No emulator is embedded: without a Runtime API the client says so.

module Bootstrap
  OFFICIAL = "/var/runtime/official/main.rb"
  PROGRAM = File.exist?(OFFICIAL) ? OFFICIAL : "/var/runtime/client/main.rb"
  RUBY = RUBY_VERSION[/\d+\.\d+/]
  GEM_PATH = "/var/task/vendor/bundle/ruby/#{RUBY}.0:/opt/ruby/gems/#{RUBY}.0:"
  RUBYLIB = "/var/task:/var/runtime/lib:/opt/ruby/lib"

  class << self
    def quit(status, message)
      warn("bootstrap: #{message}")
      exit!(status)
    end

    # Export the handler as _HANDLER.
    def set_handler(words)
      quit(142, "takes the handler name as its only argument, got #{words.size}: set CMD to it") if words.size > 1
      ENV["_HANDLER"] = words[0] if words[0] && !words[0].empty?
      quit(142, 'no handler: set CMD, for example CMD ["app.handler"], or _HANDLER') if ENV["_HANDLER"].to_s.empty?
    end

    # Add what Lambda's own runtimes add, and a home folder that can be written.
    def set_environment
      ENV["AWS_EXECUTION_ENV"] = "AWS_Lambda_ruby#{RUBY}"
      ENV["HOME"] = "/tmp" if ["", "/"].include?(ENV["HOME"].to_s)
      ENV["GEM_PATH"] ||= GEM_PATH
      return if ENV["RUBYLIB"]

      ENV["RUBYLIB"] = RUBYLIB
      $LOAD_PATH.unshift(*RUBYLIB.split(":")) # this process has read the variable already
    end

    # Become the exec wrapper, which gets the interpreter and all its arguments.
    def wrap(wrapper)
      quit(127, "#{wrapper}: does not exist (AWS_LAMBDA_EXEC_WRAPPER)") unless File.exist?(wrapper)
      quit(126, "#{wrapper}: is not an executable (AWS_LAMBDA_EXEC_WRAPPER)") unless runs?(wrapper)
      exec([wrapper, wrapper], "/var/lang/bin/ruby#{RUBY}", *arguments, PROGRAM, close_others: false)
    rescue SystemCallError => e # a script whose interpreter, say a shell, is not in this image
      quit(126, "#{wrapper}: cannot be started: #{e.message} (AWS_LAMBDA_EXEC_WRAPPER; this image has no shell)")
    end

    def runs?(path)
      File.file?(path) && File.executable?(path)
    end

    def arguments
      PROGRAM == OFFICIAL || ENV["RUBYOPT"] ? [] : ["--disable=gems"]
    end
  end
end

Bootstrap.set_handler(ARGV)
Bootstrap.set_environment
Bootstrap.wrap(ENV["AWS_LAMBDA_EXEC_WRAPPER"]) unless ENV["AWS_LAMBDA_EXEC_WRAPPER"].to_s.empty?
# The same process goes on: starting the interpreter twice would cost each cold start.
ARGV.clear
load Bootstrap::PROGRAM
