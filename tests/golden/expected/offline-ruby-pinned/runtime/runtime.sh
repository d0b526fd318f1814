# Read by bootstrap beside it. Generated.
interpreter=/var/lang/bin/ruby3.3
program=/var/runtime/official/main.rb
export AWS_EXECUTION_ENV=AWS_Lambda_ruby3.3
export GEM_PATH="${GEM_PATH-/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0:}"
export RUBYLIB="${RUBYLIB-/var/task:/var/runtime/lib:/opt/ruby/lib}"
