require "native/native"
