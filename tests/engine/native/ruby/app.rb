# A library by Fiddle, and a native gem: the newest there is, of the layer, or the bundle's.
require "bundler/setup" if ENV["_HANDLER"].include?("bundled")
require "fiddle"
require "native"

ANSWER = Fiddle::Function.new(Fiddle.dlopen("libfield.so")["answer"], [], Fiddle::TYPE_INT)

def handler(event:, context:)
  [ANSWER.call, Native.told, $LOADED_FEATURES.grep(/native.so/).first[%r{\A/\w+/\w+}]]
end
