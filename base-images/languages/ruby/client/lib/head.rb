# frozen_string_literal: true

# The first line and the headers of an answer: read by looking for a name, since few of them are ever asked for.

module LambdaImage
  # A header as a head is searched for it, by its name in lower case: made once, not for each answer.
  def self.field(name)
    "\r\n#{name}:".freeze
  end

  # What heads have in common that differ in digits alone. From one event to the next nothing else changes (ids, times,
  # lengths), so where the values stand is found out once. Where anything else differs, a new shape is made.
  class Shape
    CONNECTION = LambdaImage.field("connection")
    TRANSFER_ENCODING = LambdaImage.field("transfer-encoding")
    DIGITS = "0-9a-f" # an id's are hexadecimal
    START = %r{\AHTTP/1\.\d \d\d\d(?=\s|\z)}.freeze

    IN_PATH = /\A[A-Za-z0-9!$&'()*+,;=:@._~-]+\z/.freeze

    attr_reader :status, :closing, :chunked
    # By header: its value's first byte and size, without the blanks around it; nil where it is absent or empty.
    attr_reader :places

    # The shape of a head: the last one, where that holds for it too.
    def self.of(text, last)
      common = text.tr(DIGITS, "0")
      last&.fits?(text, common) ? last : new(text, common)
    end

    def initialize(text, common)
      @start = text[START] or raise ApiError, "the answer is not HTTP/1.1: #{text[0, 100].inspect}"
      @text = text
      @common = common
      @lower = text.downcase
      @places = Hash.new { |places, field| places[field] = find(field) }.compare_by_identity
      @in_path = {}.compare_by_identity
      @status = text.byteslice(9, 3).to_i
      @chunked = word(TRANSFER_ENCODING).include?("chunked")
      @closing = @places[CONNECTION] ? word(CONNECTION).include?("close") : @start.start_with?("HTTP/1.0")
    end

    def fits?(text, common)
      common == @common && text.start_with?(@start)
    end

    # Whether a value may stand in a path as it is: the digits that differ may.
    def in_path?(field)
      @in_path.fetch(field) { @in_path[field] = @text.byteslice(*@places[field]).match?(IN_PATH) }
    end

    private

    def find(field)
      at = @lower.index(field) or return nil
      from = at + field.length
      value = @text.byteslice(from, (@text.index("\r\n", from) || @text.length) - from)
      from += value.length - value.lstrip.length
      value.strip!
      value.empty? ? nil : [from, value.length]
    end

    def word(field)
      from, size = @places[field]
      from ? @lower.byteslice(from, size) : ""
    end
  end

  # One answer's head; each value is looked up when somebody asks.
  class Head
    CONTENT_LENGTH = LambdaImage.field("content-length")

    attr_reader :shape, :length

    def initialize(text, last = nil)
      @text = text
      @shape = Shape.of(text, last)
      @places = @shape.places
      length = self[CONTENT_LENGTH]
      @length = length && Wire.number(length, 10)
    end

    def status
      @shape.status
    end

    def closing
      @shape.closing
    end

    def chunked
      @shape.chunked
    end

    # All there is of an answer, and its connection can be used again.
    def ends_with?(body)
      @length == body.bytesize && !@shape.closing && !@shape.chunked
    end

    # The value of a header, nil where it is absent or empty.
    def [](field)
      from, size = @places[field]
      from && @text.byteslice(from, size).force_encoding(Encoding::UTF_8)
    end
  end
end
