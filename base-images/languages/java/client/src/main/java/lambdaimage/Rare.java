package lambdaimage;

import java.math.BigDecimal;
import java.util.Calendar;
import java.util.GregorianCalendar;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TimeZone;

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
        return TimeZone.class.isAssignableFrom(raw) ? new Zone(raw) : null;
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
