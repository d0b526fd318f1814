require_relative "app"
