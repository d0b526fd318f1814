Gem::Specification.new do |gem|
  gem.name, gem.version, gem.summary, gem.author = "native", ENV.fetch("VERSION"), "a gem", "nobody"
  gem.files, gem.extensions = Dir["lib/**/*.rb", "ext/**/*"], ["ext/native/extconf.rb"]
end
