package lambdaimage;

import java.math.BigDecimal;
import java.nio.charset.Charset;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TimeZone;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;

/** Types of the JDK that few functions use: a class of its own, so that the others need not load them. */
final class Rare {
    private Rare() {}

    /** The shape of such a type, as AWS's client has it; null for any other. */
    static Shapes.Shape find(Class<?> raw) {
        if (raw == OptionalInt.class || raw == OptionalLong.class || raw == OptionalDouble.class) {
            return new MaybeNumber(raw);
        }
        if (Calendar.class.isAssignableFrom(raw)) {
            return new Almanac(raw);
        }
        if (Path.class.isAssignableFrom(raw)) {
            return new Place(raw);
        }
        if (Charset.class.isAssignableFrom(raw) || raw == Pattern.class) {
            return new Scalar.Shown(raw);
        }
        if (raw == AtomicBoolean.class) {
            return new Switch();
        }
        if (raw == AtomicReference.class) {
            return new Held();
        }
        return TimeZone.class.isAssignableFrom(raw) ? new Zone(raw) : null;
    }

    /** A java.time value that AWS's client writes as seconds since 1970, or as seconds; null for any other. */
    static Object ofSeconds(Class<?> raw, String text) {
        if (raw != Instant.class && raw != OffsetDateTime.class && raw != ZonedDateTime.class && raw != Duration.class) {
            return null;
        }
        BigDecimal number = new BigDecimal(text);
        BigDecimal whole = new BigDecimal(Scalar.whole(number));
        long seconds = whole.longValueExact();
        long nanos = number.subtract(whole).movePointRight(9).longValue();
        if (raw == Duration.class) {
            return Duration.ofSeconds(seconds, nanos);
        }
        Instant instant = Instant.ofEpochSecond(seconds, nanos);
        return raw == Instant.class ? instant
                : raw == OffsetDateTime.class ? (Object) instant.atOffset(ZoneOffset.UTC) : instant.atZone(ZoneOffset.UTC);
    }

    /** A path as AWS's client has it: its address. */
    private static final class Place extends Scalar.Shown {
        Place(Class<?> raw) {
            super(raw);
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.string(((Path) value).toUri().toString());
        }
    }

    /** True or false. */
    private static final class Switch extends Shapes.Shape {
        private final Shapes.Shape inner = Shapes.of(Boolean.class);

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            Boolean value = (Boolean) inner.read(json);
            return value == null ? null : new AtomicBoolean(value);
        }

        @Override
        void write(JsonWriter json, Object value) throws JsonWriter.Unwritable {
            json.value(((AtomicBoolean) value).get());
        }
    }

    /** What it refers to: that can be written, but what it may be is not known where it is read. */
    private static final class Held extends Shapes.Shape {
        @Override
        void mustRead() {
            throw new Shapes.Unsupported("JSON has no form for " + AtomicReference.class.getName());
        }

        @Override
        void write(JsonWriter json, Object value) throws JsonWriter.Unwritable {
            json.value(((AtomicReference<?>) value).get());
        }
    }

    /** Characters as one text, or as a list of them. */
    static final class Letters extends Scalar {
        Letters() {
            super(char[].class);
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            return json.peek() == '[' ? Shapes.array(raw).read(json) : super.read(json);
        }

        @Override
        Object of(String text, boolean quoted) {
            return text.toCharArray();
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.string(new String((char[]) value));
        }
    }

    private static final class MaybeNumber extends Shapes.Shape {
        private final Class<?> raw;
        private final Shapes.Shape inner;

        MaybeNumber(Class<?> raw) {
            this.raw = raw;
            inner = Shapes.of(raw == OptionalInt.class ? int.class : raw == OptionalLong.class ? long.class : double.class);
        }

        @Override
        Object absent() {
            return raw == OptionalInt.class ? OptionalInt.empty()
                    : raw == OptionalLong.class ? (Object) OptionalLong.empty() : OptionalDouble.empty();
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return absent();
            }
            Object number = inner.read(json);
            return raw == OptionalInt.class ? OptionalInt.of((Integer) number)
                    : raw == OptionalLong.class ? (Object) OptionalLong.of((Long) number) : OptionalDouble.of((Double) number);
        }

        @Override
        void write(JsonWriter json, Object value) throws JsonWriter.Unwritable {
            Object number = null;
            if (value instanceof OptionalInt && ((OptionalInt) value).isPresent()) {
                number = ((OptionalInt) value).getAsInt();
            } else if (value instanceof OptionalLong && ((OptionalLong) value).isPresent()) {
                number = ((OptionalLong) value).getAsLong();
            } else if (value instanceof OptionalDouble && ((OptionalDouble) value).isPresent()) {
                number = ((OptionalDouble) value).getAsDouble();
            }
            json.value(number);
        }
    }

    /** Milliseconds, or a text of ISO 8601; what is read is in UTC. */
    private static final class Almanac extends Scalar {
        Almanac(Class<?> raw) {
            super(raw);
        }

        @Override
        void mustRead() {
            if (!raw.isAssignableFrom(GregorianCalendar.class)) {
                throw new Shapes.Unsupported("JSON has no form for " + raw.getName());
            }
        }

        @Override
        Object of(String text, boolean quoted) {
            Calendar calendar = new GregorianCalendar(TimeZone.getTimeZone("UTC"));
            calendar.setTimeInMillis(quoted ? Moment.milliseconds(text) : new BigDecimal(text).longValue());
            return calendar;
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.out.latin(Long.toString(((Calendar) value).getTimeInMillis()));
        }
    }

    /** By its id. */
    private static final class Zone extends Scalar {
        Zone(Class<?> raw) {
            super(raw);
        }

        @Override
        void mustRead() {
            if (raw != TimeZone.class) {
                throw new Shapes.Unsupported("JSON has no form for " + raw.getName());
            }
        }

        @Override
        Object of(String text, boolean quoted) {
            return TimeZone.getTimeZone(text);
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.string(((TimeZone) value).getID());
        }
    }
}
