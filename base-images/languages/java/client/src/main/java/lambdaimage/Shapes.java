package lambdaimage;

import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

        /** What stands for a value that is null or not there. */
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
    private static final Shape NOTHING = new Shape() {
        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            json.skip();
            return null;
        }
    };

    /** Of whatever kind; a text may hold one, too, as where the kind is known. */
    private static final Shape NUMBER = new Shape() {
        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return null;
            }
            if (json.peek() != '"') {
                return json.number();
            }
            String text = json.string().trim();
            return text.isEmpty() ? null : new JsonReader(text.getBytes(StandardCharsets.UTF_8)).onlyNumber();
        }
    };

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
        Class<?> raw = Types.raw(type);
        if (raw == Object.class || raw == java.io.Serializable.class) {
            return ANY;
        }
        if (raw == Number.class) {
            return NUMBER;
        }
        if (raw == Void.class) {
            return NOTHING;
        }
        Shape scalar = Scalar.find(raw);
        if (scalar != null) {
            return scalar;
        }
        if (raw == Optional.class) {
            return new Maybe(Types.argument(type, 0));
        }
        Types types = new Types(type);
        if (Map.class.isAssignableFrom(raw)) {
            return new MapShape(raw, types.resolved(Map.class, 0), types.resolved(Map.class, 1));
        }
        if (raw.isArray()) {
            return raw == char[].class ? new Rare.Letters() : array(raw);
        }
        if (Iterable.class.isAssignableFrom(raw) && !Path.class.isAssignableFrom(raw)) {
            return new ListShape(raw, types.resolved(Iterable.class, 0));
        }
        String name = raw.getName();
        boolean ofTheJdk = name.startsWith("java.") || name.startsWith("javax.") || name.startsWith("jdk.") || name.startsWith("sun.");
        if (!ofTheJdk) {
            return Beans.of(raw, types);
        }
        Shape rare = Rare.find(raw);
        return rare == null ? new None(raw) : rare;
    }

    /** A type that has no form; where a value is to be written its own class decides, which an interface leaves open. */
    private static final class None extends Shape {
        private final Class<?> raw;

        None(Class<?> raw) {
            this.raw = raw;
        }

        @Override
        void mustRead() {
            throw new Unsupported("JSON has no form for " + raw.getName());
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
            textKeys = Types.raw(keyType) == String.class || Types.raw(keyType) == Object.class;
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
                return new EnumMap(Types.raw(keyType));
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

        @SuppressWarnings({"unchecked", "rawtypes"})
        private Collection<Object> empty() {
            if (raw.isAssignableFrom(ArrayList.class)) {
                return new ArrayList<>();
            }
            if (raw.isAssignableFrom(LinkedHashSet.class)) {
                return new LinkedHashSet<>();
            }
            if (raw.isAssignableFrom(TreeSet.class)) {
                return new TreeSet<>();
            }
            if (raw.isAssignableFrom(ArrayDeque.class)) {
                return new ArrayDeque<>();
            }
            if (raw == EnumSet.class) {
                return EnumSet.noneOf((Class) Types.raw(type));
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

    static Shape array(Class<?> raw) {
        return new ListShape(raw, raw.getComponentType());
    }

    static Object made(Class<?> raw) {
        try {
            Constructor<?> constructor = raw.getDeclaredConstructor();
            if (raw.getClassLoader() != null) {
                constructor.setAccessible(true);
            }
            return constructor.newInstance();
        } catch (InvocationTargetException failed) {
            throw new Unsupported(raw.getName() + " cannot be made: its constructor failed: " + failed.getCause());
        } catch (ReflectiveOperationException | RuntimeException none) {
            throw new Unsupported(raw.getName() + " cannot be made from JSON: it is abstract, or has no constructor without parameters");
        }
    }
}
