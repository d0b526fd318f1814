package lambdaimage;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A type whose values are one string, number, true or false in JSON. */
abstract class Scalar extends Shapes.Shape {
    final Class<?> raw;

    Scalar(Class<?> raw) {
        this.raw = raw;
    }

    /** The value of that text, which stood in quotes or not; what is none is an IllegalArgumentException. */
    abstract Object of(String text, boolean quoted);

    @Override
    Object read(JsonReader json) throws JsonReader.Malformed {
        if (isNull(json)) {
            return absent();
        }
        int first = json.peek();
        if (first == '{' || first == '[') { // JSON, but not this: the commonest mistake is a handler for a String
            throw json.wrong((first == '{' ? "an object is no " : "a list is no ") + raw.getName());
        }
        boolean quoted = first == '"';
        String text = quoted ? json.string() : json.bare();
        try {
            return of(text, quoted);
        } catch (IllegalArgumentException | ArithmeticException | DateTimeException wrong) {
            throw json.wrong(text + " is no " + raw.getName());
        }
    }

    @Override
    void write(JsonWriter json, Object value) {
        json.string(value.toString());
    }

    /** The shape of such a type; null for any other. */
    static Shapes.Shape find(Class<?> raw) {
        if (raw == String.class || CharSequence.class.isAssignableFrom(raw)) {
            return new Text(raw);
        }
        if (raw == char.class || raw == Character.class) {
            return new Letter(raw);
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return new Bool(raw);
        }
        if (raw.isPrimitive() && raw != void.class || Number.class.isAssignableFrom(raw) && Numeric.knows(raw)) {
            return new Numeric(raw);
        }
        if (raw == byte[].class || ByteBuffer.class.isAssignableFrom(raw)) {
            return new Binary(raw);
        }
        if (Enum.class.isAssignableFrom(raw)) { // a constant with members of its own has a class of its own
            return new Enumeration(raw.getSuperclass().isEnum() ? raw.getSuperclass() : raw);
        }
        if (Date.class.isAssignableFrom(raw)) { // java.sql's too
            return new Moment(raw);
        }
        if (raw == java.io.File.class || raw == java.net.URL.class) {
            return new Shown(raw);
        }
        if (raw.getName().startsWith("java.time.") && !Modifier.isPublic(raw.getModifiers())) { // a kind of ZoneId
            return find(raw.getSuperclass());
        }
        Method parse = ByText.factory(raw);
        return parse == null ? null : new ByText(raw, parse);
    }

    private static final class Text extends Scalar {
        Text(Class<?> raw) {
            super(raw);
        }

        @Override
        void mustRead() {
            if (!raw.isAssignableFrom(String.class)) {
                throw new Shapes.Unsupported("JSON has no form for " + raw.getName());
            }
        }

        @Override
        Object of(String text, boolean quoted) {
            return text;
        }
    }

    private static final class Letter extends Scalar {
        Letter(Class<?> raw) {
            super(raw);
        }

        @Override
        Object absent() {
            return raw.isPrimitive() ? (Object) '\0' : null;
        }

        @Override
        Object of(String text, boolean quoted) {
            if (quoted && text.isEmpty()) {
                return absent();
            }
            int one = !quoted ? Integer.parseInt(text) : text.length() == 1 ? text.charAt(0) : -1;
            if (one < 0 || one > Character.MAX_VALUE) {
                throw new IllegalArgumentException(text);
            }
            return (char) one;
        }
    }

    private static final class Bool extends Scalar {
        Bool(Class<?> raw) {
            super(raw);
        }

        @Override
        Object absent() {
            return raw.isPrimitive() ? false : null;
        }

        @Override
        Object of(String text, boolean quoted) {
            if (quoted && text.isEmpty()) {
                return absent();
            }
            if (text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false")) {
                return Boolean.valueOf(text);
            }
            if (quoted) {
                throw new IllegalArgumentException(text);
            }
            return new BigDecimal(text).signum() != 0; // a number, as with AWS's client
        }
    }

    /** Without the digits after the point; an exponent that would fill the memory with zeros is none. */
    static BigInteger whole(BigDecimal number) {
        if (number.scale() < -1000) {
            throw new ArithmeticException();
        }
        return number.toBigInteger();
    }

    private static final class Numeric extends Scalar {
        Numeric(Class<?> raw) {
            super(raw);
        }

        static boolean knows(Class<?> raw) {
            return raw.getName().startsWith("java.lang.") || raw == BigDecimal.class || raw == BigInteger.class
                    || raw == AtomicLong.class || raw == AtomicInteger.class;
        }

        @Override
        Object absent() {
            return raw.isPrimitive() ? of("0", false) : null;
        }

        /** Digits after the point are dropped where the type has none; what is too large for it is no value of it. */
        @Override
        Object of(String quotedOrNot, boolean quoted) {
            String text = quotedOrNot.trim();
            if (text.isEmpty()) {
                return absent();
            }
            if (raw == double.class || raw == Double.class) {
                double value = Double.parseDouble(text);
                return fitting(value, Double.isInfinite(value), quoted);
            }
            if (raw == float.class || raw == Float.class) {
                float value = Float.parseFloat(text);
                return fitting(value, Float.isInfinite(value), quoted);
            }
            BigDecimal number = new BigDecimal(text);
            if (raw == BigDecimal.class) {
                return number;
            }
            BigInteger whole = whole(number);
            if (raw == BigInteger.class) {
                return whole;
            }
            if (raw == long.class || raw == Long.class) {
                return whole.longValueExact();
            }
            if (raw == int.class || raw == Integer.class) {
                return whole.intValueExact();
            }
            if (raw == short.class || raw == Short.class) {
                return whole.shortValueExact();
            }
            if (raw == byte.class || raw == Byte.class) {
                return whole.byteValueExact();
            }
            return raw == AtomicLong.class ? new AtomicLong(whole.longValueExact()) : new AtomicInteger(whole.intValueExact());
        }

        /** Infinity is a value where a text says so, as with AWS's client. */
        private static Object fitting(Object value, boolean infinite, boolean quoted) {
            if (infinite && !quoted) {
                throw new ArithmeticException();
            }
            return value;
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.out.latin(value.toString());
        }
    }

    /** What is written as its text, but not read. */
    static class Shown extends Scalar {
        Shown(Class<?> raw) {
            super(raw);
        }

        @Override
        void mustRead() {
            throw new Shapes.Unsupported("JSON has no form for " + raw.getName());
        }

        @Override
        Object of(String text, boolean quoted) {
            throw new IllegalArgumentException(text);
        }
    }

    /** Bytes, as Base64. */
    private static final class Binary extends Scalar {
        Binary(Class<?> raw) {
            super(raw);
        }

        @Override
        Object of(String text, boolean quoted) {
            try {
                return made(Base64.getDecoder().decode(text));
            } catch (IllegalArgumentException blanks) { // line ends, as MIME has them; nothing else is passed over
                return made(Base64.getDecoder().decode(text.replaceAll("\\s", "")));
            }
        }

        private Object made(byte[] bytes) {
            return raw == byte[].class ? (Object) bytes : ByteBuffer.wrap(bytes);
        }

        /** Also a list of numbers, as the headers of AWS's events of Kafka are. */
        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            return json.peek() == '[' ? made((byte[]) Shapes.array(byte[].class).read(json)) : super.read(json);
        }

        @Override
        void write(JsonWriter json, Object value) {
            ByteBuffer bytes = value instanceof ByteBuffer ? (ByteBuffer) value : ByteBuffer.wrap((byte[]) value);
            json.string(new String(Base64.getEncoder().encode(bytes.duplicate()).array(), java.nio.charset.StandardCharsets.ISO_8859_1));
        }
    }

    private static final class Enumeration extends Scalar {
        Enumeration(Class<?> raw) {
            super(raw);
        }

        @Override
        void mustRead() {
            if (!raw.isEnum()) { // Enum itself
                throw new Shapes.Unsupported("JSON has no form for " + raw.getName());
            }
        }

        /** A name, or a place among the names; what there is not is null, as with AWS's client. */
        @Override
        Object of(String text, boolean quoted) {
            Object[] all = raw.getEnumConstants();
            for (Object one : all) {
                if (((Enum<?>) one).name().equals(text)) {
                    return one;
                }
            }
            try {
                int place = Integer.parseInt(text);
                return place >= 0 && place < all.length ? all[place] : null;
            } catch (NumberFormatException none) {
                return null;
            }
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.string(((Enum<?>) value).name());
        }
    }

    /** Milliseconds, or a text of ISO 8601. */
    static class Moment extends Scalar {
        Moment(Class<?> raw) {
            super(raw);
        }

        @Override
        Object of(String text, boolean quoted) {
            return made(quoted ? milliseconds(text) : number(text));
        }

        long number(String text) {
            return whole(new BigDecimal(text)).longValueExact();
        }

        static long milliseconds(String text) {
            String whole = text.indexOf('T') < 0 ? text + "T00:00Z" : text.replaceFirst("([+-]\\d\\d)(\\d\\d)$", "$1:$2");
            return OffsetDateTime.parse(whole).toInstant().toEpochMilli();
        }

        private Object made(long milliseconds) {
            try {
                return raw.getConstructor(long.class).newInstance(milliseconds);
            } catch (ReflectiveOperationException none) {
                throw new IllegalArgumentException(none);
            }
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.out.latin(Long.toString(((Date) value).getTime()));
        }
    }

    /** A time in an event of AWS's: seconds, with digits after the point; from 10^11 on it is milliseconds all the same. */
    static final class Seconds extends Moment {
        Seconds() {
            super(Date.class);
        }

        @Override
        long number(String text) {
            double number = Double.parseDouble(text);
            return (long) (Math.abs(number) < 1e11 ? number * 1000 : number);
        }
    }

    /** A java.time value, a UUID, a URI …: what a static method makes of its text. */
    private static final class ByText extends Scalar {
        private final Method parse;

        ByText(Class<?> raw, Method parse) {
            super(raw);
            this.parse = parse;
            parse.setAccessible(raw.getClassLoader() != null);
        }

        static Method factory(Class<?> raw) {
            String name = raw.getName();
            if (!name.startsWith("java.time.") && !name.startsWith("org.joda.time.") && raw != java.util.UUID.class
                    && raw != java.net.URI.class && raw != java.util.Locale.class && raw != java.util.Currency.class) {
                return null;
            }
            for (String method : new String[] {"parse", "fromString", "create", "forLanguageTag", "getInstance", "of"}) {
                for (Class<?> parameter : new Class<?>[] {CharSequence.class, String.class}) {
                    try {
                        Method found = raw.getMethod(method, parameter);
                        if (Modifier.isStatic(found.getModifiers()) && raw.isAssignableFrom(found.getReturnType())) {
                            return found;
                        }
                    } catch (NoSuchMethodException next) {
                        // another one, perhaps
                    }
                }
            }
            return null;
        }

        /** AWS's client writes what has no offset as a list of numbers. */
        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (json.peek() != '[') {
                return super.read(json);
            }
            List<?> parts = (List<?>) json.value();
            Class<?>[] parameters = new Class<?>[parts.size()];
            Arrays.fill(parameters, int.class);
            try {
                return raw.getMethod("of", parameters).invoke(null, parts.toArray());
            } catch (ReflectiveOperationException | IllegalArgumentException wrong) {
                throw json.wrong(parts + " is no " + raw.getName());
            }
        }

        @Override
        Object of(String text, boolean quoted) {
            Object timed = quoted ? null : Rare.ofSeconds(raw, text);
            if (timed != null) {
                return timed;
            }
            try { // a Locale is written with lines below
                return text.isEmpty() ? null : parse.invoke(null, raw == java.util.Locale.class ? text.replace('_', '-') : text);
            } catch (InvocationTargetException | IllegalAccessException wrong) {
                throw new IllegalArgumentException(wrong.getCause());
            }
        }
    }
}
