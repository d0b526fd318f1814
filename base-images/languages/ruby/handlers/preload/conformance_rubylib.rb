# frozen_string_literal: true

ENV["CONFORMANCE_HOOK"] = "RUBYLIB"
