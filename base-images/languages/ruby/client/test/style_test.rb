# frozen_string_literal: true

# Form that no linter of the distribution checks: what Ruby 2.7 can read, lengths, strings.

require_relative "support"

class StyleTest < Minitest::Test
  Dir["#{CLIENT}/*.rb"].each do |path|
    name = File.basename(path, ".rb")
    lines = File.readlines(path, chomp: true)

    define_method("test_#{name}_is_clean") do
      assert_equal "# frozen_string_literal: true", lines.first
      assert_empty(lines.select { |line| line.length > 120 || line.match?(/\s\z|\t/) })
      assert_match(/\A# \S/, lines[2], "a file opens with the one idea that it holds")
    end

    define_method("test_#{name}_compiles_without_warnings") do
      out = IO.popen([RbConfig.ruby, "--disable=gems", "-wc", path, { err: %i[child out] }], &:read)
      assert_equal "Syntax OK\n", out
    end
  end
end
