package lambdaimage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reads the heads of answers, one after the other. An answer to a result is mostly the one before again, byte for byte,
 * and events have the same headers in the same places: what is found out about one is not found out again.
 */
final class Heads {
    private static final int ACCEPTED = 202;
    private static final int STATUS = 9; // where it begins: after HTTP/1.1 and a blank

    /** The last head of an answer to a result, and what it says. */
    private byte[] accepted = new byte[0];
    private Connection.Answer said;
    /** The headers' names by their place, as they came and in lower case. */
    private byte[][] raw = new byte[16][];
    private String[] lower = new String[16];

    /** An answer without its body: its head is what lies between `start` and `end`, the empty line with it. */
    Connection.Answer read(byte[] in, int start, int end) throws IOException {
        if (Arrays.equals(in, start, end, accepted, 0, accepted.length)) {
            return new Connection.Answer(said.status, said.fields);
        }
        Connection.Answer answer = parsed(in, start, end);
        if (answer.status == ACCEPTED) {
            accepted = Arrays.copyOfRange(in, start, end);
            said = new Connection.Answer(answer.status, answer.fields); // without the body
        }
        return answer;
    }

    private Connection.Answer parsed(byte[] in, int start, int end) throws IOException {
        int line = lineEnd(in, start, end);
        int status = status(in, start, line);
        int count = 0;
        String[] fields = new String[2 * raw.length];
        for (int from = line + 2; from < end - 2; from = line + 2) {
            line = lineEnd(in, from, end);
            int colon = from;
            while (colon < line && in[colon] != ':') {
                colon++;
            }
            if (colon == line) {
                throw new IOException("a line in the head of the Runtime API's answer is no header");
            }
            if (2 * count == fields.length) {
                fields = Arrays.copyOf(fields, 2 * fields.length);
            }
            fields[2 * count] = name(count, in, from, colon);
            fields[2 * count + 1] = trimmed(in, colon + 1, line);
            count++;
        }
        return new Connection.Answer(status, Arrays.copyOf(fields, 2 * count));
    }

    /** Where the line ends, which it does before CR LF alone. */
    private static int lineEnd(byte[] in, int from, int end) {
        int n = from + 1;
        while (n < end - 1 && (in[n] != '\n' || in[n - 1] != '\r')) {
            n++;
        }
        return n - 1;
    }

    private static int status(byte[] in, int start, int line) throws IOException {
        String text = new String(in, start, line - start, StandardCharsets.ISO_8859_1);
        if (!text.startsWith("HTTP/1.") || text.length() < STATUS + 3 || text.charAt(STATUS - 1) != ' ') {
            throw new IOException("not an answer in HTTP/1.1");
        }
        return Connection.number(text.substring(STATUS, STATUS + 3), 10);
    }

    private String name(int place, byte[] in, int from, int to) {
        if (place == raw.length) {
            raw = Arrays.copyOf(raw, 2 * place);
            lower = Arrays.copyOf(lower, 2 * place);
        }
        byte[] last = raw[place];
        if (last == null || !Arrays.equals(in, from, to, last, 0, last.length)) {
            raw[place] = Arrays.copyOfRange(in, from, to);
            lower[place] = new String(raw[place], StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
        }
        return lower[place];
    }

    private static String trimmed(byte[] in, int from, int to) {
        while (from < to && (in[from] == ' ' || in[from] == '\t')) {
            from++;
        }
        while (from < to && (in[to - 1] == ' ' || in[to - 1] == '\t')) {
            to--;
        }
        return new String(in, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
