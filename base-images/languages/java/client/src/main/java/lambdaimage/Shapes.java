package lambdaimage;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** How a type of the function is read from JSON and written to it. Each is made once; what has no form is said so. */
final class Shapes {
    private static final Map<Type, Shape> KNOWN = new ConcurrentHashMap<>();

    private Shapes() {}

    /** A type that JSON has no form for. */
    static final class Unsupported extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unsupported(String message) {
            super(message);
        }
    }

    /** One type. As it stands it takes and gives any value. */
    static class Shape {
        /** Fails where the type cannot be read. */
        void mustRead() {}

        /** Fails where the type cannot be written. */
        void mustWrite() {}

        Object read(JsonReader json) throws JsonReader.Malformed {
            return json.value();
        }

        Object absent() {
            return null;
        }

        void write(JsonWriter json, Object value) throws JsonWriter.Unwritable {
            json.value(value);
        }

        final boolean isNull(JsonReader json) throws JsonReader.Malformed {
            if (json.peek() != 'n') {
                return false;
            }
            json.word("null");
            return true;
        }
    }

    private static final Shape ANY = new Shape();

    /** What type variables stand for in a class, by its superclasses and interfaces. */
    static final class Types {
        private final Map<TypeVariable<?>, Type> known = new HashMap<>();

        Types(Type type) {
            bind(type);
        }

        private void bind(Type type) {
            if (type instanceof ParameterizedType) {
                ParameterizedType of = (ParameterizedType) type;
                TypeVariable<?>[] variables = ((Class<?>) of.getRawType()).getTypeParameters();
                for (int n = 0; n < variables.length; n++) {
                    known.put(variables[n], resolved(of.getActualTypeArguments()[n]));
                }
                bind(of.getRawType());
            } else if (type instanceof Class && type != Object.class) {
                bind(((Class<?>) type).getGenericSuperclass());
                for (Type one : ((Class<?>) type).getGenericInterfaces()) {
                    bind(one);
                }
            }
        }

        Type resolved(Type type) {
            if (type instanceof TypeVariable) {
                Type found = known.get(type);
                return found != null ? found : resolved(((TypeVariable<?>) type).getBounds()[0]);
            }
            if (type instanceof WildcardType) {
                return resolved(((WildcardType) type).getUpperBounds()[0]);
            }
            if (type instanceof GenericArrayType) {
                return Array.newInstance(raw(resolved(((GenericArrayType) type).getGenericComponentType())), 0).getClass();
            }
            if (type instanceof ParameterizedType) {
                Type[] arguments = ((ParameterizedType) type).getActualTypeArguments().clone();
                for (int n = 0; n < arguments.length; n++) {
                    arguments[n] = resolved(arguments[n]);
                }
                return new Generic((Class<?>) ((ParameterizedType) type).getRawType(), arguments);
            }
            return type;
        }
    }

    /** A class with type arguments that are no variables. */
    private static final class Generic implements ParameterizedType {
        private final Class<?> raw;
        private final Type[] arguments;

        Generic(Class<?> raw, Type[] arguments) {
            this.raw = raw;
            this.arguments = arguments;
        }

        @Override
        public Type[] getActualTypeArguments() {
            return arguments;
        }

        @Override
        public Type getRawType() {
            return raw;
        }

        @Override
        public Type getOwnerType() {
            return raw.getDeclaringClass();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Generic && raw == ((Generic) other).raw
                    && java.util.Arrays.equals(arguments, ((Generic) other).arguments);
        }

        @Override
        public int hashCode() {
            return raw.hashCode() ^ java.util.Arrays.hashCode(arguments);
        }
    }

    static Class<?> raw(Type type) {
        return type instanceof ParameterizedType ? (Class<?>) ((ParameterizedType) type).getRawType() : (Class<?>) type;
    }

    private static Type argument(Type type, int n) {
        return type instanceof ParameterizedType ? ((ParameterizedType) type).getActualTypeArguments()[n] : Object.class;
    }

    static Shape of(Type type) {
        Shape known = KNOWN.get(type);
        if (known == null) {
            known = make(type);
            Shape before = KNOWN.putIfAbsent(type, known);
            return before != null ? before : known;
        }
        return known;
    }

    private static Shape make(Type type) {
        Class<?> raw = raw(type);
        if (raw == Object.class || raw == Number.class || raw == java.io.Serializable.class) {
            return ANY;
        }
        if (raw == String.class || raw == CharSequence.class || raw == char.class || raw == Character.class) {
            return new Text(raw);
        }
        if (raw == boolean.class || raw == Boolean.class) {
            return new Bool(raw);
        }
        if (raw.isPrimitive() || Number.class.isAssignableFrom(raw) && raw.getName().startsWith("java.")) {
            return new Numeric(raw);
        }
        if (raw == byte[].class || raw == ByteBuffer.class) {
            return new Binary(raw);
        }
        if (raw.isEnum()) {
            return new Enumeration(raw);
        }
        if (raw == Optional.class) {
            return new Maybe(argument(type, 0));
        }
        if (Map.class.isAssignableFrom(raw)) {
            Types types = new Types(type);
            return new MapShape(raw, types.resolved(Map.class.getTypeParameters()[0]), types.resolved(Map.class.getTypeParameters()[1]));
        }
        if (raw.isArray() || Iterable.class.isAssignableFrom(raw) && !java.nio.file.Path.class.isAssignableFrom(raw)) {
            Type element = raw.isArray() ? raw.getComponentType() : new Types(type).resolved(Iterable.class.getTypeParameters()[0]);
            return new ListShape(raw, element);
        }
        if (Date.class.isAssignableFrom(raw)) {
            return new DateShape(raw);
        }
        Method parse = factory(raw);
        if (parse != null) {
            return new ByText(raw, parse);
        }
        String name = raw.getName();
        if (name.startsWith("java.") || name.startsWith("javax.") || name.startsWith("jdk.") || name.startsWith("sun.")) {
            return new Shape() {
                @Override
                void mustRead() {
                    throw new Unsupported("JSON has no form for " + name);
                }

                @Override
                void mustWrite() {
                    if (!raw.isInterface()) {
                        mustRead();
                    }
                }

                @Override
                void write(JsonWriter json, Object value) {
                    mustRead();
                }
            };
        }
        return Beans.of(raw, new Types(type));
    }

    /** The static method that makes a java.time value, a UUID, a URI … of its text. */
    private static Method factory(Class<?> raw) {
        String name = raw.getName();
        if (!name.startsWith("java.time.") && !name.startsWith("org.joda.time.") && raw != java.util.UUID.class
                && raw != java.net.URI.class && raw != java.util.Locale.class && raw != java.time.ZoneId.class) {
            return null;
        }
        for (String method : new String[] {"parse", "fromString", "create", "forLanguageTag", "of"}) {
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

    private static final class Text extends Shape {
        private final boolean character;

        Text(Class<?> raw) {
            character = raw == char.class || raw == Character.class;
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            int first = json.peek();
            if (first == '{' || first == '[') {
                throw json.wrong("expected a string");
            }
            Object value = json.value();
            if (value == null) {
                return null;
            }
            String text = value.toString();
            if (!character) {
                return text;
            }
            if (text.length() != 1) {
                throw json.wrong("expected one character");
            }
            return text.charAt(0);
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.string(value.toString());
        }
    }

    private static final class Bool extends Shape {
        private final Object absent;

        Bool(Class<?> raw) {
            absent = raw.isPrimitive() ? false : null;
        }

        @Override
        Object absent() {
            return absent;
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            int first = json.peek();
            Object value = json.value();
            if (value == null) {
                return absent;
            }
            if (value instanceof String) {
                return Boolean.valueOf((String) value);
            }
            if (!(value instanceof Boolean)) {
                throw json.wrong("expected true or false, not " + (char) first);
            }
            return value;
        }
    }

    private static final class Numeric extends Shape {
        private final Class<?> raw;

        Numeric(Class<?> raw) {
            this.raw = raw;
            if (!raw.isPrimitive() && raw.getName().startsWith("java.util.")) {
                throw new Unsupported("JSON has no form for " + raw.getName());
            }
        }

        @Override
        Object absent() {
            return raw.isPrimitive() ? of("0") : null;
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return absent();
            }
            String text = json.peek() == '"' ? json.string().trim() : json.numeral();
            if (text.isEmpty()) {
                return absent();
            }
            try {
                return of(text);
            } catch (NumberFormatException | ArithmeticException wrong) {
                throw json.wrong(text + " is no " + raw.getName());
            }
        }

        private Object of(String text) {
            if (raw == double.class || raw == Double.class) {
                return Double.valueOf(text);
            }
            if (raw == float.class || raw == Float.class) {
                return Float.valueOf(text);
            }
            if (raw == BigDecimal.class) {
                return new BigDecimal(text);
            }
            boolean point = text.indexOf('.') >= 0 || text.indexOf('e') >= 0 || text.indexOf('E') >= 0;
            if (raw == BigInteger.class) {
                return point ? new BigDecimal(text).toBigInteger() : new BigInteger(text);
            }
            long value = point ? new BigDecimal(text).toBigInteger().longValueExact() : Long.parseLong(text);
            if (raw == long.class || raw == Long.class) {
                return value;
            }
            if (raw == java.util.concurrent.atomic.AtomicLong.class) {
                return new java.util.concurrent.atomic.AtomicLong(value);
            }
            int small = Math.toIntExact(value);
            if (raw == int.class || raw == Integer.class) {
                return small;
            }
            if (raw == java.util.concurrent.atomic.AtomicInteger.class) {
                return new java.util.concurrent.atomic.AtomicInteger(small);
            }
            text = Integer.toString(small);
            return raw == short.class || raw == Short.class ? (Object) Short.valueOf(text) : (Object) Byte.valueOf(text);
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.out.latin(value.toString());
        }
    }

    private static final class Binary extends Shape {
        private final Class<?> raw;

        Binary(Class<?> raw) {
            this.raw = raw;
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return null;
            }
            try {
                byte[] bytes = Base64.getMimeDecoder().decode(json.string());
                return raw == byte[].class ? (Object) bytes : ByteBuffer.wrap(bytes);
            } catch (IllegalArgumentException wrong) {
                throw json.wrong("expected Base64");
            }
        }

        @Override
        void write(JsonWriter json, Object value) {
            ByteBuffer bytes = value instanceof ByteBuffer ? ((ByteBuffer) value).duplicate() : ByteBuffer.wrap((byte[]) value);
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            json.string(Base64.getEncoder().encodeToString(copy));
        }
    }

    private static final class Enumeration extends Shape {
        private final Map<String, Object> byName = new HashMap<>();

        Enumeration(Class<?> raw) {
            for (Object one : raw.getEnumConstants()) {
                byName.put(((Enum<?>) one).name(), one);
            }
        }

        /** A name that there is not is null, as with AWS's client. */
        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            return isNull(json) ? null : byName.get(json.string());
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.string(((Enum<?>) value).name());
        }
    }

    private static final class Maybe extends Shape {
        private final Shape inner;

        Maybe(Type type) {
            inner = Shapes.of(type);
        }

        @Override
        Object absent() {
            return Optional.empty();
        }

        @Override
        void mustRead() {
            inner.mustRead();
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            return isNull(json) ? Optional.empty() : Optional.ofNullable(inner.read(json));
        }

        @Override
        void write(JsonWriter json, Object value) throws JsonWriter.Unwritable {
            json.value(((Optional<?>) value).orElse(null));
        }
    }

    private static final class DateShape extends Shape {
        private final Class<?> raw;

        DateShape(Class<?> raw) {
            this.raw = raw;
        }

        @Override
        void mustRead() {
            if (raw != Date.class) {
                throw new Unsupported("JSON has no form for " + raw.getName() + ": take java.time.Instant");
            }
        }

        /** A number from 10^11 on is milliseconds, a smaller one the seconds that AWS's events have. */
        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return null;
            }
            if (json.peek() != '"') {
                double number = Double.parseDouble(json.numeral());
                return new Date((long) (Math.abs(number) < 1e11 ? number * 1000 : number));
            }
            String text = json.string();
            try {
                return Date.from(java.time.OffsetDateTime.parse(text).toInstant());
            } catch (java.time.DateTimeException wrong) {
                throw json.wrong(text + " is no date");
            }
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.out.latin(Long.toString(((Date) value).getTime()));
        }
    }

    private static final class ByText extends Shape {
        private final Class<?> raw;
        private final Method parse;

        ByText(Class<?> raw, Method parse) {
            this.raw = raw;
            this.parse = parse;
            parse.setAccessible(raw.getClassLoader() != null);
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return null;
            }
            if (json.peek() != '"' && raw == java.time.Instant.class) {
                BigDecimal seconds = new BigDecimal(json.numeral());
                long whole = seconds.longValue();
                return java.time.Instant.ofEpochSecond(whole, seconds.subtract(BigDecimal.valueOf(whole)).movePointRight(9).longValue());
            }
            if (json.peek() != '"' && raw == java.time.Year.class) {
                return java.time.Year.of(Integer.parseInt(json.numeral()));
            }
            String text = json.string();
            try {
                return text.isEmpty() ? null : parse.invoke(null, text);
            } catch (InvocationTargetException | IllegalAccessException wrong) {
                throw json.wrong(text + " is no " + raw.getName());
            }
        }

        @Override
        void write(JsonWriter json, Object value) {
            json.string(value.toString());
        }
    }

    private static final class MapShape extends Shape {
        private final Class<?> raw;
        private final Type keyType;
        private final Type valueType;
        private final Shape key;
        private final boolean textKeys;
        private Shape value;

        MapShape(Class<?> raw, Type keyType, Type valueType) {
            this.raw = raw;
            this.keyType = keyType;
            this.valueType = valueType;
            key = Shapes.of(keyType);
            textKeys = raw(keyType) == String.class || raw(keyType) == Object.class;
        }

        private Shape value() {
            if (value == null) {
                value = Shapes.of(valueType);
            }
            return value;
        }

        @Override
        void mustRead() {
            empty();
            value().mustRead();
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return null;
            }
            Shape of = value();
            Map<Object, Object> map = empty();
            for (boolean more = json.begin('{', '}'); more; more = json.next('}')) {
                String name = json.name();
                Object named = textKeys ? name : key.read(new JsonReader(quoted(name)));
                map.put(named, of.read(json));
            }
            return map;
        }

        private static byte[] quoted(String name) {
            Bytes out = new Bytes(name.length() + 2);
            new JsonWriter(out).string(name);
            return out.copy();
        }

        @SuppressWarnings({"unchecked", "rawtypes"})
        private Map<Object, Object> empty() {
            if (raw.isAssignableFrom(LinkedHashMap.class)) {
                return new LinkedHashMap<>();
            }
            if (raw.isAssignableFrom(TreeMap.class)) {
                return new TreeMap<>();
            }
            if (raw.isAssignableFrom(ConcurrentHashMap.class)) {
                return new ConcurrentHashMap<>();
            }
            if (raw == EnumMap.class) {
                return new EnumMap(raw(keyType));
            }
            return (Map<Object, Object>) made(raw);
        }
    }

    private static final class ListShape extends Shape {
        private final Class<?> raw;
        private final Type type;
        private Shape element;

        ListShape(Class<?> raw, Type type) {
            this.raw = raw;
            this.type = type;
        }

        private Shape element() {
            if (element == null) {
                element = Shapes.of(type);
            }
            return element;
        }

        @Override
        void mustRead() {
            if (!raw.isArray()) {
                empty();
            }
            element().mustRead();
        }

        /** A value that is no list counts as a list of one, as with AWS's client. */
        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return null;
            }
            Shape of = element();
            Collection<Object> list = raw.isArray() ? new ArrayList<>() : empty();
            if (json.peek() != '[') {
                list.add(of.read(json));
            } else {
                for (boolean more = json.begin('[', ']'); more; more = json.next(']')) {
                    list.add(of.read(json));
                }
            }
            if (!raw.isArray()) {
                return list;
            }
            Object array = Array.newInstance(raw.getComponentType(), list.size());
            int n = 0;
            for (Object one : list) {
                Array.set(array, n++, one);
            }
            return array;
        }

        @SuppressWarnings("unchecked")
        private Collection<Object> empty() {
            if (raw.isAssignableFrom(ArrayList.class)) {
                return new ArrayList<>();
            }
            if (raw.isAssignableFrom(LinkedHashSet.class) || raw == Set.class || raw == HashSet.class) {
                return new LinkedHashSet<>();
            }
            if (raw.isAssignableFrom(TreeSet.class)) {
                return new TreeSet<>();
            }
            if (raw.isAssignableFrom(ArrayDeque.class)) {
                return new ArrayDeque<>();
            }
            return (Collection<Object>) made(raw);
        }

        @Override
        void write(JsonWriter json, Object value) throws JsonWriter.Unwritable {
            if (!raw.isArray()) {
                json.value(value);
                return;
            }
            List<Object> list = new ArrayList<>();
            for (int n = 0; n < Array.getLength(value); n++) {
                list.add(Array.get(value, n));
            }
            json.value(list);
        }
    }

    static Object made(Class<?> raw) {
        try {
            java.lang.reflect.Constructor<?> constructor = raw.getDeclaredConstructor();
            if (raw.getClassLoader() != null) {
                constructor.setAccessible(true);
            }
            return constructor.newInstance();
        } catch (ReflectiveOperationException | RuntimeException none) {
            throw new Unsupported(raw.getName() + " cannot be made from JSON: it is abstract, or has no constructor without parameters");
        }
    }
}
