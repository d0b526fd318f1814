# frozen_string_literal: true

require_relative "handlers"

puts "about to fail"
raise HandlerError, "init failed"
