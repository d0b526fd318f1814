package lambdaimage;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.Iterator;
import java.util.Map;
import java.util.stream.BaseStream;

/** Writes values as compact JSON in UTF-8. Beans and other types of the function are written by their shapes. */
final class JsonWriter {
    private static final int DEEPEST = 1000;
    /** Characters from which on it is worth it to hope for plain ASCII first. */
    private static final int LONG = 1024;
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.ISO_8859_1);

    /** A value that JSON has no form for. */
    static final class Unwritable extends Exception {
        private static final long serialVersionUID = 1;

        Unwritable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    final Bytes out;
    /** Whether maps, too, are written without what is null: within AWS's events, a policy among them. */
    boolean sparse;
    private int depth;

    JsonWriter(Bytes out) {
        this.out = out;
    }

    void value(Object value) throws Unwritable {
        if (value == null) {
            out.latin("null");
        } else if (value instanceof String) {
            string((String) value);
        } else if (value instanceof Integer || value instanceof Long || value instanceof Boolean || value instanceof Short
                || value instanceof Byte || value instanceof BigInteger || value instanceof BigDecimal) {
            out.latin(value.toString());
        } else if (value instanceof Double || value instanceof Float) {
            floating((Number) value);
        } else if (value instanceof Map) {
            map((Map<?, ?>) value);
        } else if (value instanceof Iterable && !(value instanceof java.nio.file.Path)) {
            list(((Iterable<?>) value).iterator());
        } else if (value instanceof BaseStream) {
            list(((BaseStream<?, ?>) value).iterator());
        } else if (value instanceof Iterator) {
            list((Iterator<?>) value);
        } else if (value instanceof Map.Entry) {
            Map.Entry<?, ?> entry = (Map.Entry<?, ?>) value;
            map(Collections.singletonMap(entry.getKey(), entry.getValue()));
        } else if (value.getClass() == Object.class) {
            out.latin("{}");
        } else if (value instanceof byte[]) {
            out.latin("\"").latin(Base64.getEncoder().encodeToString((byte[]) value)).latin("\"");
        } else {
            enter();
            Shapes.of(value.getClass()).write(this, value);
            leave();
        }
    }

    void enter() throws Unwritable {
        if (++depth > DEEPEST) {
            throw new Unwritable("nested deeper than " + DEEPEST + ": does a value contain itself?", null);
        }
    }

    void leave() {
        depth--;
    }

    private void floating(Number value) throws Unwritable {
        double number = value.doubleValue();
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            throw new Unwritable(value + " is no JSON value", null);
        }
        out.latin(value.toString());
    }

    private void map(Map<?, ?> map) throws Unwritable {
        enter();
        out.add('{');
        boolean first = true;
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (sparse && entry.getValue() == null) {
                continue;
            }
            if (!first) {
                out.add(',');
            }
            first = false;
            Object key = entry.getKey();
            if (key == null) {
                throw new Unwritable("a null key in a map", null);
            }
            string(key instanceof Enum ? ((Enum<?>) key).name() : key.toString());
            out.add(':');
            value(entry.getValue());
        }
        out.add('}');
        leave();
    }

    private void list(Iterator<?> list) throws Unwritable {
        enter();
        out.add('[');
        boolean first = true;
        while (list.hasNext()) {
            if (!first) {
                out.add(',');
            }
            first = false;
            value(list.next());
        }
        out.add(']');
        leave();
    }

    /** A list of texts. */
    void strings(Iterable<String> texts) {
        out.add('[');
        String separator = "";
        for (String text : texts) {
            out.latin(separator);
            string(text);
            separator = ",";
        }
        out.add(']');
    }

    /** In UTF-8; half a surrogate pair, which has no form there, as an escape. */
    void string(String text) {
        if (text.length() < LONG || !ascii(text)) {
            encoded(text);
        }
    }

    /** A long text of nothing but plain ASCII, as most are: copied as it is and looked at once. */
    private boolean ascii(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        for (int n = 0; n < bytes.length; n++) {
            byte b = bytes[n];
            if (b > '?' && b != '\\' || b >= ' ' && b < '?' && b != '"' || b == '?' && text.charAt(n) == '?') {
                continue;
            }
            return false;
        }
        out.need(bytes.length + 2);
        out.add('"').add(bytes, 0, bytes.length).add('"');
        return true;
    }

    private void encoded(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.need(bytes.length + 2);
        int start = out.length;
        out.add('"');
        int run = 0;
        boolean whole = false;
        for (int n = 0; n < bytes.length; n++) {
            byte b = bytes[n];
            if (b >= ' ' && b != '"' && b != '\\' && b != '?' || b < 0) {
                continue;
            }
            if (b == '?') { // also what stands for half a pair
                whole = whole || !hasHalfPair(text);
                if (whole) {
                    continue;
                }
                out.length = start;
                withHalves(text);
                return;
            }
            out.add(bytes, run, n - run);
            run = n + 1;
            escape(b);
        }
        out.add(bytes, run, bytes.length - run).add('"');
    }

    private void withHalves(String text) {
        out.add('"');
        int run = 0;
        for (int n = 0; n <= text.length(); n++) {
            if (n == text.length() || isHalf(text, n)) {
                Bytes piece = new Bytes(n - run + 2);
                new JsonWriter(piece).string(text.substring(run, n));
                out.add(piece.array, 1, piece.length - 2);
                if (n < text.length()) {
                    out.latin("\\u").latin(Integer.toHexString(text.charAt(n)));
                }
                run = n + 1;
            }
        }
        out.add('"');
    }

    private static boolean hasHalfPair(String text) {
        for (int n = 0; n < text.length(); n++) {
            if (isHalf(text, n)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isHalf(String text, int n) {
        char c = text.charAt(n);
        return Character.isHighSurrogate(c) && !(n + 1 < text.length() && Character.isLowSurrogate(text.charAt(n + 1)))
                || Character.isLowSurrogate(c) && !(n > 0 && Character.isHighSurrogate(text.charAt(n - 1)));
    }

    private void escape(byte b) {
        out.add('\\');
        switch (b) {
            case '"':
            case '\\':
                out.add(b);
                return;
            case '\b':
                out.add('b');
                return;
            case '\f':
                out.add('f');
                return;
            case '\n':
                out.add('n');
                return;
            case '\r':
                out.add('r');
                return;
            case '\t':
                out.add('t');
                return;
            default:
                out.latin("u00").add(HEX[b >> 4]).add(HEX[b & 15]);
        }
    }
}
