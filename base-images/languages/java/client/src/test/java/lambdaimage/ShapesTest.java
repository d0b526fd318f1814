package lambdaimage;

import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.util.Date;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;

/** JSON as the function's types, and back. */
final class ShapesTest {
    private ShapesTest() {}

    enum Colour { RED, GREEN }

    enum Size {
        SMALL,
        LARGE {
            @Override
            public String toString() {
                return "huge";
            }
        }
    }

    public static final class Seldom {
        public java.util.OptionalInt whole;
        public java.util.OptionalLong large;
        public java.util.OptionalDouble real;
        public java.util.Calendar calendar;
        public java.util.TimeZone zone;
        public Size size;
    }

    public record Point(int x, Integer y, String name) {}

    public record Pair<A, B>(A first, B second) {}

    public record Kept(List<Pair<String, Point>> pairs, Map<Colour, long[]> counts, Optional<String> maybe) {}

    public record Positive(int value) {
        public Positive {
            if (value < 0) {
                throw new IllegalArgumentException("negative");
            }
        }
    }

    public static class Parent {
        private String inherited;

        public String getInherited() {
            return inherited;
        }

        public void setInherited(String value) {
            inherited = value;
        }
    }

    public static final class Bean extends Parent {
        public double open;
        private boolean ready;
        private String url;
        private String tag;
        private List<Bean> children;
        private transient String ignored = "x";

        public boolean isReady() {
            return ready;
        }

        public void setReady(boolean value) {
            ready = value;
        }

        public String getURL() {
            return url;
        }

        public String geteTag() {
            return tag;
        }

        public void seteTag(String value) {
            tag = value;
        }

        public String getter() {
            return "no property";
        }

        public void setURL(String value) {
            url = value;
        }

        public List<Bean> getChildren() {
            return children;
        }

        public void setChildren(List<Bean> value) {
            children = value;
        }
    }

    public static final class Times {
        public Instant instant;
        public LocalDate date;
        public ZonedDateTime zoned;
        public Duration duration;
        public Date old;
        public UUID uuid;
    }

    public static final class Fields {
        public List<Integer> list;
        public Set<String> set;
        public int[] array;
        public String[] texts;
        public SortedMap<String, Object> sorted;
        public EnumMap<Colour, Integer> colours;
        public java.util.EnumSet<Colour> some;
        public BigDecimal decimal;
        public BigInteger whole;
        public byte[] bytes;
        public char letter;
        public Colour colour;
        public Object any;
        public short small;
        public Float real;
    }

    private static Object read(Type type, String json) throws Exception {
        JsonReader reader = new JsonReader(json.getBytes(StandardCharsets.UTF_8));
        Shapes.Shape shape = Shapes.of(type);
        shape.mustRead();
        Object value = shape.read(reader);
        reader.end();
        return value;
    }

    private static String write(Object value) throws Exception {
        Bytes out = new Bytes(16);
        new JsonWriter(out).value(value);
        return new String(out.copy(), StandardCharsets.UTF_8);
    }

    private static void goesRound(Type type, String json) throws Exception {
        Tests.equal(Tests.json(json), Tests.json(write(read(type, json))), type.getTypeName());
    }

    static void recordsAndGenerics() throws Exception {
        goesRound(Point.class, "{\"x\":1,\"y\":2,\"name\":\"n\"}");
        Tests.equal(new Point(0, null, null), read(Point.class, "{\"unknown\":[{}]}"), "what is absent");
        Tests.equal(new Point(0, null, null), read(Point.class, "{\"x\":null,\"y\":null}"), "what is null");
        goesRound(Kept.class, "{\"pairs\":[{\"first\":\"a\",\"second\":{\"x\":1,\"y\":2,\"name\":\"b\"}}],"
                + "\"counts\":{\"RED\":[1,2]},\"maybe\":\"m\"}");
        Tests.equal(Optional.empty(), ((Kept) read(Kept.class, "{\"maybe\":null}")).maybe(), "an Optional");
        Tests.fails(JsonReader.Malformed.class, () -> read(Positive.class, "{\"value\":-1}"), "a record that refuses");
    }

    static void beans() throws Exception {
        goesRound(Bean.class, "{\"open\":1.5,\"ready\":true,\"URL\":\"u\",\"eTag\":\"t\",\"inherited\":\"i\",\"children\":[{\"open\":2.0,\"ready\":false}]}");
        Bean loose = (Bean) read(Bean.class, "{\"OPEN\":1,\"url\":\"u\",\"Ready\":true}");
        Tests.equal(1.0, loose.open, "names are matched without regard to case");
        Tests.equal("u", loose.getURL(), "names are matched without regard to case");
        Tests.equal(false, write(new Bean()).contains("ignored"), "what has no getter is left out");
    }

    static void collectionsNumbersAndTexts() throws Exception {
        goesRound(Fields.class, "{\"list\":[1,2],\"set\":[\"a\"],\"array\":[1],\"texts\":[\"t\"],\"sorted\":{\"a\":[]},"
                + "\"colours\":{\"GREEN\":1},\"some\":[\"RED\"],\"decimal\":1.000000000000000000001,\"whole\":123456789012345678901234567890,"
                + "\"bytes\":\"AAE=\",\"letter\":\"x\",\"colour\":\"RED\",\"any\":{\"a\":1},\"small\":7,\"real\":1.5}");
        Tests.equal("1", read(String.class, "1"), "a number where a text is wanted");
        Tests.equal(1L, read(long.class, "\"1\""), "a text where a number is wanted");
        Tests.equal(null, read(Colour.class, "\"BLUE\""), "a name that the enum has not");
        for (Class<?> type : new Class<?>[] {String.class, int.class, Date.class, Colour.class, Instant.class, boolean.class}) {
            JsonReader.Malformed told = Tests.fails(JsonReader.Malformed.class, () -> read(type, "{\"a\":1}"), type.getName());
            Tests.equal(true, told.getMessage().startsWith("an object is no " + type.getName()), told.getMessage());
        }
        for (String wrong : new String[] {"{\"small\":70000}", "{\"small\":1e999999999}", "{\"whole\":1e999999999}", "{\"list\":[\"a\"]}", "{\"letter\":\"xy\"}", "{\"bytes\":1}", "{\"array\":{}}"}) {
            Tests.fails(JsonReader.Malformed.class, () -> read(Fields.class, wrong), wrong);
        }
    }

    static void whatAwsClientTakesIsTaken() throws Exception {
        Tests.equal("[1, 2]", java.util.Arrays.toString((byte[]) read(byte[].class, "[1,2]")), "bytes as numbers");
        Tests.equal(true, read(boolean.class, "1"), "a number where true or false is wanted");
        Tests.equal(true, read(Boolean.class, "\"True\""), "a text where true or false is wanted");
        Tests.fails(JsonReader.Malformed.class, () -> read(boolean.class, "\"yes\""), "another text");
        Tests.equal(null, read(Void.class, "{\"a\":[1]}"), "Void");
        Tests.equal(new Date(0), read(Date.class, "\"1970-01-01\""), "a day");
        Tests.equal(new Date(0), read(Date.class, "\"1970-01-01T01:00:00.000+0100\""), "an offset without a colon");
        Tests.equal(java.sql.Timestamp.class, read(java.sql.Timestamp.class, "0").getClass(), "a date of a kind of its own");
        Tests.equal(Colour.GREEN, read(Colour.class, "1"), "an enum's place");
        Tests.equal(Colour.GREEN, read(Colour.class, "\"1\""), "an enum's place as a text");
        Tests.equal(null, read(Colour.class, "2"), "a place that the enum has not");
        Tests.equal(null, read(Colour.class, "-1"), "no place");
        Tests.fails(Shapes.Unsupported.class, () -> read(Enum.class, "1"), "an enum that is not known");
    }

    static void typesOfTheJdkThatFewFunctionsUseAreTaken() throws Exception {
        String seldom = "{\"whole\":1,\"large\":2,\"real\":0.5,\"calendar\":1000,\"zone\":\"Europe/Paris\",\"size\":\"LARGE\"}";
        goesRound(Seldom.class, seldom);
        Seldom empty = (Seldom) read(Seldom.class, "{\"whole\":null,\"real\":null,\"calendar\":null}");
        Tests.equal(java.util.OptionalInt.empty(), empty.whole, "no number");
        Tests.equal(null, empty.calendar, "no calendar");
        Seldom dated = (Seldom) read(Seldom.class, "{\"calendar\":\"1970-01-01T00:00:01+02:00\"}");
        Tests.equal(-7_199_000L, dated.calendar.getTimeInMillis(), "a calendar as a text");
        Tests.equal("[1,null,0.5]", write(List.of(java.util.OptionalInt.of(1), java.util.OptionalLong.empty(), java.util.OptionalDouble.of(0.5))), "numbers, perhaps");
        Tests.fails(JsonWriter.Unwritable.class, () -> write(java.util.OptionalDouble.of(Double.NaN)), "NaN, perhaps");
        Tests.equal("[\"SMALL\",\"LARGE\"]", write(List.of(Size.SMALL, Size.LARGE)), "a constant with members of its own");
        Tests.fails(Shapes.Unsupported.class, () -> read(java.util.SimpleTimeZone.class, "\"UTC\""), "a kind of zone");
    }

    /** Whatever can be read and written comes back as it was, alone, in a list and as a member. */
    static void whatIsWrittenIsReadAgain() throws Exception {
        Object[] values = {new Date(0), new Date(5), new Date(63_072_000_000L), new Date(-1), new java.sql.Timestamp(5),
            new Date(1_700_000_000_000L), Instant.EPOCH, java.time.LocalDateTime.of(2020, 1, 2, 3, 4, 5), java.time.LocalTime.of(3, 4),
            java.time.Year.of(2020), java.time.YearMonth.of(2020, 1), java.time.MonthDay.of(1, 2), java.time.Period.ofDays(1),
            java.time.ZoneOffset.ofHours(1), java.time.OffsetDateTime.parse("2020-01-02T03:04:05+01:00"), java.time.DayOfWeek.MONDAY,
            java.util.Locale.GERMANY, java.util.Locale.GERMAN,
            java.util.Currency.getInstance("EUR"), java.net.URI.create("http://a/b"), new BigDecimal("1.10"), 'x', Colour.GREEN};
        for (Object value : values) {
            Tests.equal(value, read(value.getClass(), write(value)), value.getClass() + " " + value);
        }
        java.time.ZoneId zone = java.time.ZoneId.of("Europe/Paris"); // of a class that is not public
        Tests.equal(zone, read(java.time.ZoneId.class, write(zone)), "a zone");
        Tests.equal("ab", new String((char[]) read(char[].class, write(new char[] {'a', 'b'}))), "characters");
        Tests.equal(true, ((java.util.concurrent.atomic.AtomicBoolean) read(java.util.concurrent.atomic.AtomicBoolean.class,
                write(new java.util.concurrent.atomic.AtomicBoolean(true)))).get(), "a switch");
        Tests.equal("\"EUR\"", write(new java.util.concurrent.atomic.AtomicReference<>(java.util.Currency.getInstance("EUR"))), "a reference");
    }

    /** A mixed fleet hands such values on. */
    static void timesAsAwsClientWritesThemAreRead() throws Exception {
        Tests.equal(LocalDate.of(2020, 1, 2), read(LocalDate.class, "[2020,1,2]"), "a day");
        Tests.equal(java.time.LocalTime.of(3, 4), read(java.time.LocalTime.class, "[3,4]"), "a time");
        Tests.equal(java.time.LocalDateTime.of(2020, 1, 2, 3, 4, 5, 6), read(java.time.LocalDateTime.class, "[2020,1,2,3,4,5,6]"), "both");
        Tests.equal(java.time.YearMonth.of(2020, 1), read(java.time.YearMonth.class, "[2020,1]"), "a month");
        Tests.equal(java.time.Year.of(2020), read(java.time.Year.class, "2020"), "a year");
        Tests.equal(Duration.ofMillis(5500), read(Duration.class, "5.500000000"), "seconds");
        Tests.equal("1970-01-01T00:00:05Z", read(java.time.OffsetDateTime.class, "5.000000000").toString(), "with an offset");
        Tests.equal(Instant.ofEpochSecond(5), ((ZonedDateTime) read(ZonedDateTime.class, "5.000000000")).toInstant(), "with a zone");
        for (String wrong : new String[] {"[2020,13,2]", "[2020]", "[\"a\"]", "[2020,1,99999999999]", "{}", "[", "1e999999999"}) {
            Tests.fails(JsonReader.Malformed.class, () -> read(LocalDate.class, wrong), wrong);
            Tests.fails(JsonReader.Malformed.class, () -> read(Duration.class, wrong), wrong);
        }
    }

    static void numbersOfAnyKindAreNumbers() throws Exception {
        Tests.equal(1, read(Number.class, "\"1\""), "in quotes");
        Tests.equal(1.5, read(Number.class, "1.5"), "bare");
        Tests.equal(null, read(Number.class, "\"\""), "none");
        for (String wrong : new String[] {"\"a\"", "\"1 2\"", "true", "{}", "[1]"}) {
            Tests.fails(JsonReader.Malformed.class, () -> read(Number.class, wrong), wrong);
        }
        Tests.equal('A', read(char.class, "65"), "a character's number");
        Tests.fails(JsonReader.Malformed.class, () -> read(float.class, "1e39"), "too large for a float");
        Tests.fails(JsonReader.Malformed.class, () -> read(Double.class, "-1e400"), "too large for a double");
        Tests.equal(Double.POSITIVE_INFINITY, read(double.class, "\"Infinity\""), "what a text says");
        Tests.equal('\0', read(char.class, "\"\""), "no character");
        Tests.fails(JsonReader.Malformed.class, () -> read(char.class, "65536"), "no character's number");
        Tests.fails(JsonReader.Malformed.class, () -> read(char.class, "-1"), "no character's number");
    }

    static void bytesThatAreNoBase64AreRefused() throws Exception {
        for (String wrong : new String[] {"\"!!\"", "\"AAE*\"", "\"A\"", "\"AA=E\""}) {
            Tests.fails(JsonReader.Malformed.class, () -> read(byte[].class, wrong), wrong);
        }
        for (String good : new String[] {"\"AAEC\"", "\"AA\\r\\nEC\"", "\" AAEC\\n\""}) {
            Tests.equal("[0, 1, 2]", java.util.Arrays.toString((byte[]) read(byte[].class, good)), good);
        }
        Tests.equal("[0, 1]", java.util.Arrays.toString((byte[]) read(byte[].class, "\"AAE\"")), "without its end");
    }

    static void valuesOfTheJdkAreWrittenAsAwsClientDoes() throws Exception {
        Tests.equal("\"AAE=\"", write(java.nio.ByteBuffer.wrap(new byte[] {0, 1})), "a buffer");
        Tests.equal("[1,2]", write(List.of(1, 2).iterator()), "an iterator");
        Tests.equal("[1,2]", write(java.util.stream.Stream.of(1, 2)), "a stream");
        Tests.equal("{\"k\":1}", write(Map.entry("k", 1)), "an entry");
        Tests.equal("{}", write(new Object()), "an object of no class");
        Tests.equal("\"file:///none/a%20b\"", write(java.nio.file.Path.of("/none/a b")), "a path");
        Tests.equal("\"UTF-8\"", write(StandardCharsets.UTF_8), "a charset");
        Tests.equal("\"a+\"", write(java.util.regex.Pattern.compile("a+")), "a pattern");
        Tests.equal("0", write(new java.sql.Timestamp(0)), "a date of a kind of its own");
        Tests.equal("\"ab\"", write(new StringBuilder("ab")), "a text of another kind");
        Tests.equal("\"http://a/b\"", write(java.net.URI.create("http://a/b").toURL()), "an address");
        Tests.fails(Shapes.Unsupported.class, () -> read(StringBuilder.class, "\"a\""), "what can only be written");
    }

    static void times() throws Exception {
        Times times = (Times) read(Times.class, "{\"instant\":\"2026-01-02T03:04:05.678Z\",\"date\":\"2026-01-02\","
                + "\"zoned\":\"2026-01-02T03:04:05+01:00[Europe/Paris]\",\"duration\":\"PT5S\",\"old\":1700000000000,"
                + "\"uuid\":\"8476a536-e9f4-11e8-9739-2dfe598c3fcd\"}");
        Tests.equal(Instant.parse("2026-01-02T03:04:05.678Z"), times.instant, "an instant");
        Tests.equal(Duration.ofSeconds(5), times.duration, "a duration");
        Tests.equal(new Date(1_700_000_000_000L), times.old, "a date");
        Times again = (Times) read(Times.class, write(times));
        Tests.equal(times.zoned, again.zoned, "there and back");
        Tests.equal(times.uuid, again.uuid, "there and back");
        Tests.equal(Instant.ofEpochSecond(1, 500_000_000), read(Instant.class, "1.5"), "an instant as seconds");
    }

    static void valuesWithoutATypeAreAsUsual() throws Exception {
        Map<?, ?> map = (Map<?, ?>) read(Object.class, "{\"i\":1,\"l\":12345678901,\"d\":1.0,\"t\":\"\\ud83d\\ude00\",\"n\":null,\"b\":true}");
        Tests.equal(1, map.get("i"), "an int");
        Tests.equal(12345678901L, map.get("l"), "a long");
        Tests.equal(1.0, map.get("d"), "a double");
        Tests.equal("\ud83d\ude00", map.get("t"), "a pair of surrogates");
    }

    static void whatIsNotJsonIsRefused() {
        for (String wrong : new String[] {"", "{", "[1,]", "{\"a\" 1}", "nul", "01", "1.", "NaN", "\"\n\"", "\"\\x\"", "1 2", "{a:1}", "[".repeat(2000)}) {
            Tests.fails(JsonReader.Malformed.class, () -> read(Object.class, wrong), "the event " + wrong);
        }
        byte[] broken = {'"', (byte) 0xc3, '"'};
        Tests.fails(JsonReader.Malformed.class, () -> new JsonReader(broken).document(), "what is not UTF-8");
    }

    /** Long texts are first taken for plain ASCII: whatever character is in one, and wherever, it comes out as in a short one. */
    static void longTextsAreWrittenAsShortOnes() throws Exception {
        String[] odd = {"?", "\"", "\\", "\u0000", "\n", "\u001f", "\u007f", "\u0080", "\u00e9", "\u00ff", "\u013f", "\u0122", "\u20ac",
            "\ud83d\ude00", "\ud83d\ude00?", "\ud800", "\ud800?", "\udc00"};
        for (String one : odd) {
            String written = write(one);
            String form = written.substring(1, written.length() - 1);
            for (int at : new int[] {0, 1, 1023, 1024, 5000}) {
                String before = "x".repeat(at);
                String after = "y?".repeat(2500 - at / 2);
                Tests.equal('"' + before + form + after + '"', write(before + one + after), "at " + at);
                Tests.equal(before + one + after, read(String.class, '"' + before + form + after + '"'), "read at " + at);
            }
        }
    }

    static void whatJsonHasNoFormForIsNotWritten() throws Exception {
        Tests.fails(JsonWriter.Unwritable.class, () -> write(Double.NaN), "NaN");
        Tests.fails(Shapes.Unsupported.class, () -> write(Thread.currentThread()), "a thread");
        java.util.ArrayList<Object> cycle = new java.util.ArrayList<>();
        cycle.add(cycle);
        Tests.fails(JsonWriter.Unwritable.class, () -> write(cycle), "a list that contains itself");
        Tests.equal("\"\\ud800?\"", write("\ud800?"), "half a pair of surrogates");
    }
}
