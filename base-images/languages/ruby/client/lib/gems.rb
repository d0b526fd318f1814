# frozen_string_literal: true

# RubyGems, completely, for whoever asks for it: a `require` that finds nothing without it, `gem`, the constant `Gem`,
# Bundler, or a function that brings gems at all. Loading it is three quarters of an interpreter's start, and a
# function of plain Ruby needs nothing of it.

module LambdaImage
  module Gems
    # Where gems that are installed into an image go.
    INSTALLED = "/var/lib/gems/#{RUBY_VERSION[/\d+\.\d+/]}.0"

    class << self
      def loaded?
        @loaded
      end

      def load
        return if @loaded

        @loaded = true
        require "rubygems"
      end

      # Gems of the function's, its layers' or its image's own: one of them may replace a default gem (a newer json),
      # which only RubyGems knows how to do, so it has to be there before the first `require`.
      def brought?
        folders = ENV["GEM_PATH"].to_s.split(":") << ENV["GEM_HOME"].to_s << INSTALLED
        folders.any? do |folder|
          !folder.empty? && Dir.exist?("#{folder}/specifications") && !Dir.empty?("#{folder}/specifications")
        end
      end

      # `require` of a whole process is made to fall back on RubyGems, and to tell when `logger` has come.
      def install
        @loaded = Object.const_defined?(:Gem)
        return if @loaded

        Object.autoload(:Gem, "rubygems")
        load if brought?
      end

      # Told of each `require`: the newest Bundler is found by RubyGems. The constant's autoload asks for rubygems by
      # this name, which must not be loaded within that once more.
      def before(path)
        return if @loaded

        path = path.to_s
        @loaded = true if path == "rubygems"
        load if path.start_with?("bundler")
      end
    end
  end
end

module Kernel
  alias lambda_image_require require
  private :lambda_image_require

  def require(path)
    LambdaImage::Gems.before(path)
    begin
      found = lambda_image_require(path)
    rescue LoadError => e
      raise if LambdaImage::Gems.loaded? || e.path != path || path.start_with?("/")

      LambdaImage::Gems.load
      found = require(path)
    end
    LambdaImage::Logs.logger_loaded if found && defined?(::Logger::Formatter) && !LambdaImage::Logs.logger_ready
    found
  end
  private :require

  unless private_method_defined?(:gem)
    # RubyGems replaces it by its own.
    def gem(*arguments)
      LambdaImage::Gems.load
      gem(*arguments)
    end
    private :gem
  end
end
