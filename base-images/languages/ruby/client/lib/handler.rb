# frozen_string_literal: true

# Finding the method that `_HANDLER` names: file.method or file.Class.method, folders by `/`.

module LambdaImage
  # The function cannot be loaded: a kind for the report, and the reason.
  class InitError < StandardError
    attr_reader :kind

    def initialize(kind, message)
      super(message)
      @kind = kind
    end
  end

  module Handler
    CLASS = /\A[A-Z]\w*(?:::[A-Z]\w*)*\z/.freeze

    class << self
      # Whose method it is, and its name; InitError where the handler leads to none, else whatever the function's
      # top-level code raises.
      def find(name)
        file, owner, method = parts(name)
        load_file(file)
        receiver = owner ? constant(owner, file) : TOPLEVEL_BINDING.receiver
        return [receiver, method.to_sym] if receiver.respond_to?(method, true)

        where = owner ? "class #{owner} in #{file}.rb" : "#{file}.rb"
        raise InitError.new("Runtime.HandlerNotFound", "the handler's method #{method} is missing from #{where}")
      end

      private

      # The last dot stands before the method; before it may stand a class, unless a file's own name ends like that.
      def parts(name)
        path, _, method = name.rpartition(".")
        malformed(name) if path.empty? || method.empty? || method.include?("/") || path.end_with?("/", ".")
        file, _, owner = path.rpartition(".")
        return [path, nil, method] if file.empty? || !owner.match?(CLASS) || File.exist?("#{root}/#{path}.rb")

        [file, owner, method]
      end

      def malformed(name)
        raise InitError.new(
          "Runtime.MalformedHandlerName", "the handler #{name.inspect} is neither file.method nor file.Class.method"
        )
      end

      def root
        $LOAD_PATH.first
      end

      # A file of the function's; else, by its name, one of a layer or a gem.
      def load_file(file)
        own = "#{root}/#{file}.rb"
        require(File.file?(own) ? own : file)
      rescue LoadError => e
        raise InitError.new("Runtime.ImportModuleError", "unable to load #{file}.rb: #{e.message}#{unreadable(file)}")
      rescue SyntaxError => e
        raise InitError.new("Runtime.UserCodeSyntaxError", "syntax error: #{e.message}")
      end

      def constant(owner, file)
        Object.const_get(owner)
      rescue NameError
        raise InitError.new("Runtime.HandlerNotFound", "the handler's class #{owner} is missing from #{file}.rb")
      end

      # Ruby says "cannot load such file" too where it may not look: name the file or folder that it may not read.
      def unreadable(file)
        parts = "#{file}.rb".split("/")
        paths = [root] + parts.each_index.map { |n| File.join(root, *parts[0..n]) }
        denied = paths.find { |path| no_access?(path) }
        denied && " (permission denied: #{denied} cannot be read by user #{Process.uid})"
      end

      def no_access?(path)
        return false unless File.exist?(path) || File.symlink?(path)

        !File.readable?(path) || (File.directory?(path) && !File.executable?(path))
      end
    end
  end
end
