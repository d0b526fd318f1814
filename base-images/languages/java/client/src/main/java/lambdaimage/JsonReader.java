package lambdaimage;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads JSON from its bytes, strictly (RFC 8259): as plain values, or token by token for those that know a type. */
final class JsonReader {
    private static final int DEEPEST = 1000;

    /** What is not JSON, or not of the type that is asked for. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1;

        Malformed(String message) {
            super(message, null, false, false);
        }
    }

    private final byte[] json;
    private int at;
    private int depth;
    /** The last names of members: objects in a list have the same ones over and over. */
    private final String[] names = new String[64];

    JsonReader(byte[] json) {
        this.json = json;
    }

    /** The whole document as maps, lists, strings, numbers and booleans. */
    Object document() throws Malformed {
        Object value = value();
        end();
        return value;
    }

    /** The number that is the whole document. */
    Number onlyNumber() throws Malformed {
        Number number = number();
        end();
        return number;
    }

    void end() throws Malformed {
        if (peek() != -1) {
            throw wrong("there is more after the end");
        }
    }

    /** The next byte that is no blank, -1 at the end; it stays. */
    int peek() {
        while (at < json.length) {
            byte b = json[at];
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b & 0xff;
            }
            at++;
        }
        return -1;
    }

    Malformed wrong(String what) {
        return new Malformed(what + " (at byte " + at + " of " + json.length + ")");
    }

    Object value() throws Malformed {
        switch (peek()) {
            case '{':
                return object();
            case '[':
                return array();
            case '"':
                return string();
            case 't':
                word("true");
                return Boolean.TRUE;
            case 'f':
                word("false");
                return Boolean.FALSE;
            case 'n':
                word("null");
                return null;
            default:
                return number();
        }
    }

    private Map<String, Object> object() throws Malformed {
        Map<String, Object> map = new LinkedHashMap<>();
        for (boolean more = begin('{', '}'); more; more = next('}')) {
            String name = name();
            map.put(name, value());
        }
        return map;
    }

    private List<Object> array() throws Malformed {
        List<Object> list = new ArrayList<>();
        for (boolean more = begin('[', ']'); more; more = next(']')) {
            list.add(value());
        }
        return list;
    }

    /** Takes what opens an object or a list; whether there is anything in it. */
    boolean begin(int open, int close) throws Malformed {
        if (peek() != open) {
            throw wrong("expected " + (char) open);
        }
        at++;
        if (++depth > DEEPEST) {
            throw wrong("nested deeper than " + DEEPEST);
        }
        if (peek() == close) {
            at++;
            depth--;
            return false;
        }
        return true;
    }

    /** Takes the comma or what closes; whether there is more. */
    boolean next(int close) throws Malformed {
        int b = peek();
        at++;
        if (b == ',') {
            return true;
        }
        if (b != close) {
            at--;
            throw wrong("expected , or " + (char) close);
        }
        depth--;
        return false;
    }

    /** A member's name and the colon after it. */
    String name() throws Malformed {
        if (peek() != '"') {
            throw wrong("expected a name");
        }
        int from = at + 1;
        int hash = 0;
        int n = from;
        for (; n < json.length && json[n] != '"'; n++) {
            if (json[n] == '\\' || json[n] < ' ') {
                n = json.length;
                break;
            }
            hash = 31 * hash + json[n];
        }
        String name;
        if (n >= json.length) {
            name = string();
        } else {
            int slot = hash & names.length - 1;
            name = names[slot];
            if (name == null || !same(name, from, n)) {
                name = names[slot] = string();
            } else {
                at = n + 1;
            }
        }
        if (peek() != ':') {
            throw wrong("expected :");
        }
        at++;
        return name;
    }

    private boolean same(String name, int from, int to) {
        if (name.length() != to - from) {
            return false;
        }
        for (int n = from; n < to; n++) {
            if (name.charAt(n - from) != json[n]) {
                return false;
            }
        }
        return true;
    }

    void word(String expected) throws Malformed {
        int length = expected.length();
        for (int n = 0; n < length; n++) {
            if (at + n >= json.length || json[at + n] != expected.charAt(n)) {
                throw wrong("not JSON");
            }
        }
        at += length;
    }

    String string() throws Malformed {
        if (peek() != '"') {
            throw wrong("expected a string");
        }
        int from = at + 1;
        int or = 0;
        byte[] bytes = json; // C1 reads a field anew for each byte
        for (int n = from; n < bytes.length; n++) {
            byte b = bytes[n];
            if (b > '\\' || b < 0 || b > '"' && b != '\\') {
                or |= b;
                continue;
            }
            at = n;
            if (b == '"') {
                String text = plain(from, n, or < 0);
                at++;
                return text;
            }
            if (b == '\\') {
                return escaped(from, or);
            }
            if (b < ' ') {
                throw wrong("a control character within a string");
            }
        }
        at = bytes.length;
        throw wrong("a string does not end");
    }

    private String plain(int from, int to, boolean encoded) throws Malformed {
        if (!encoded) {
            return new String(json, from, to - from, StandardCharsets.ISO_8859_1);
        }
        String text = new String(json, from, to - from, StandardCharsets.UTF_8);
        if (text.indexOf('\ufffd') >= 0) {
            try {
                StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json, from, to - from));
            } catch (CharacterCodingException broken) {
                throw wrong("a string is not UTF-8");
            }
        }
        return text;
    }

    private String escaped(int from, int before) throws Malformed {
        StringBuilder out = new StringBuilder();
        int or = before;
        int run = from;
        while (at < json.length) {
            byte b = json[at];
            if (b == '"') {
                out.append(plain(run, at, or < 0));
                at++;
                return out.toString();
            }
            if (b == '\\') {
                out.append(plain(run, at, or < 0));
                at++;
                out.append(escape());
                run = at;
                or = 0;
                continue;
            }
            if (b >= 0 && b < ' ') {
                throw wrong("a control character within a string");
            }
            or |= b;
            at++;
        }
        throw wrong("a string does not end");
    }

    private char escape() throws Malformed {
        int b = at < json.length ? json[at++] : -1;
        switch (b) {
            case '"':
            case '\\':
            case '/':
                return (char) b;
            case 'b':
                return '\b';
            case 'f':
                return '\f';
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'u':
                int c = 0;
                for (int n = 0; n < 4; n++) {
                    int digit = at < json.length ? Character.digit(json[at++], 16) : -1;
                    if (digit < 0) {
                        throw wrong("an escape without four digits");
                    }
                    c = c << 4 | digit;
                }
                return (char) c;
            default:
                throw wrong("no such escape");
        }
    }

    /** The text of a number, of true or of false. */
    String bare() throws Malformed {
        int first = peek();
        if (first != 't' && first != 'f') {
            return numeral();
        }
        String word = first == 't' ? "true" : "false";
        word(word);
        return word;
    }

    /** The text of a number, checked. */
    String numeral() throws Malformed {
        peek();
        int from = at;
        if (at < json.length && json[at] == '-') {
            at++;
        }
        int digits = digits();
        if (digits == 0 || digits > 1 && json[at - digits] == '0') {
            at = from;
            throw wrong(from >= json.length ? "it ends too early" : "not JSON");
        }
        if (at < json.length && json[at] == '.') {
            at++;
            if (digits() == 0) {
                throw wrong("a number without digits after its point");
            }
        }
        if (at < json.length && (json[at] | 0x20) == 'e') {
            at++;
            if (at < json.length && (json[at] == '+' || json[at] == '-')) {
                at++;
            }
            if (digits() == 0) {
                throw wrong("a number without digits in its exponent");
            }
        }
        return new String(json, from, at - from, StandardCharsets.ISO_8859_1);
    }

    private int digits() {
        int from = at;
        while (at < json.length && json[at] >= '0' && json[at] <= '9') {
            at++;
        }
        return at - from;
    }

    /** Integer, Long or BigInteger as is needed; Double where there is a point or an exponent. */
    Number number() throws Malformed {
        String text = numeral();
        for (int n = 0; n < text.length(); n++) {
            char c = text.charAt(n);
            if (c == '.' || c == 'e' || c == 'E') {
                double value = Double.parseDouble(text);
                return Double.isInfinite(value) ? (Number) new BigDecimal(text) : (Number) value;
            }
        }
        if (text.length() > 18) {
            BigInteger value = new BigInteger(text);
            return value.bitLength() < 64 ? (Number) value.longValue() : value;
        }
        long value = Long.parseLong(text);
        return (int) value == value ? (Number) (int) value : (Number) value;
    }

    /** Passes over a value that nobody wants. */
    void skip() throws Malformed {
        switch (peek()) {
            case '{':
                for (boolean more = begin('{', '}'); more; more = next('}')) {
                    name();
                    skip();
                }
                return;
            case '[':
                for (boolean more = begin('[', ']'); more; more = next(']')) {
                    skip();
                }
                return;
            case '"':
                string();
                return;
            default:
                value();
        }
    }
}
