# frozen_string_literal: true

[1, 2, 3].each do |number|
  LambdaImage::SnapStart.before_snapshot { puts "before #{number}" }
  LambdaImage::SnapStart.after_restore { puts "after #{number}" }
end

def handler(event:, context:)
  event
end
