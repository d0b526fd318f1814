package lambdaimage;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * As much of HTTP/1.1 as a client of one local API needs, over a plain socket: a request is one write, an answer is
 * most often one read. Opened when it is needed; it belongs to one thread.
 */
final class Connection {
    private static final int BUFFER = 8 << 10;
    private static final int MAX_HEAD = 1 << 20;
    /** A body up to this size goes into the buffer of its head, so that both are one write. */
    private static final int SMALL_BODY = 64 << 10;

    /** The API closed the connection before any byte of an answer: nothing was said. */
    static final class Lost extends IOException {
        private static final long serialVersionUID = 1;

        Lost() {
            super("the Runtime API closed the connection without an answer");
        }
    }

    private final String host;
    private final int port;
    private Socket socket;
    private InputStream input;
    private OutputStream output;
    /** Whether an answer has come on it, so that the API may have closed it since. */
    private boolean used;
    private byte[] in = new byte[BUFFER];
    private int start;
    private int end;
    private final Heads heads = new Heads();

    Connection(String host, int port) {
        this.host = host;
        this.port = port;
    }

    /** An answer. Names of headers are in lower case; its body is read whole. */
    static final class Answer {
        int status;
        /** Name, value, name, value … as they came. */
        final String[] fields;
        byte[] body;

        Answer(int status, String[] fields) {
            this.status = status;
            this.fields = fields;
        }

        /** The first value of a header, by its name in lower case; null where there is none. */
        String get(String name) {
            for (int n = 0; n < fields.length; n += 2) {
                if (fields[n].equals(name)) {
                    return fields[n + 1];
                }
            }
            return null;
        }
    }

    /** Sends a request and reads its answer. It is sent once more only if it was lost on a kept connection. */
    Answer roundTrip(Bytes head, byte[] body, int length) throws IOException {
        boolean kept = socket != null && used;
        try {
            return once(head, body, length);
        } catch (IOException failed) {
            drop();
            if (!kept || end != 0) {
                throw failed;
            }
        }
        try {
            return once(head, body, length);
        } catch (IOException failed) {
            drop();
            throw failed;
        }
    }

    private Answer once(Bytes head, byte[] body, int length) throws IOException {
        open();
        end = 0;
        start = 0;
        IOException broken = null;
        try {
            if (length > 0 && length <= SMALL_BODY) {
                int before = head.length;
                head.add(body, 0, length);
                try {
                    output.write(head.array, 0, head.length);
                } finally {
                    head.length = before; // also after a write that failed: the head is then sent once more
                }
            } else {
                output.write(head.array, 0, head.length);
                if (length > 0) {
                    output.write(body, 0, length);
                }
            }
        } catch (IOException failed) {
            broken = failed; // the answer may be there all the same: a refusal that did not wait for the body
        }
        try {
            Answer answer = read();
            if (broken != null) {
                drop();
            }
            return answer;
        } catch (IOException failed) {
            throw broken != null ? broken : failed;
        }
    }

    void open() throws IOException {
        if (socket != null) {
            return;
        }
        Socket opened = new Socket(Proxy.NO_PROXY);
        try {
            opened.setTcpNoDelay(true);
            opened.connect(new InetSocketAddress(host, port));
            input = opened.getInputStream();
            output = opened.getOutputStream();
        } catch (IOException failed) {
            opened.close();
            throw failed;
        }
        socket = opened;
        used = false;
        start = 0;
        end = 0;
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        output.write(bytes, offset, length);
    }

    boolean isOpen() {
        return socket != null;
    }

    /** Closes it; the next request opens a new one. */
    void drop() {
        if (socket == null) {
            return;
        }
        try {
            socket.close();
        } catch (IOException gone) {
            // closed is all that was wanted
        }
        socket = null;
        used = false;
    }

    /** Reads one final answer and its body; interim ones before it are passed over. */
    Answer read() throws IOException {
        Answer answer;
        boolean close;
        do {
            int head = readHead();
            answer = heads.read(in, start, head);
            close = in[start + 7] == '0';
            start = head;
        } while (answer.status >= 100 && answer.status < 200);
        String connection = answer.get("connection");
        if (connection != null && connection.toLowerCase(java.util.Locale.ROOT).contains("close")) {
            close = true;
        }
        String coding = answer.get("transfer-encoding");
        String length = answer.get("content-length");
        if (coding != null && coding.toLowerCase(java.util.Locale.ROOT).endsWith("chunked")) {
            answer.body = readChunks();
        } else if (answer.status == 204 || answer.status == 304) {
            answer.body = new byte[0];
        } else if (length != null) {
            answer.body = readExactly(number(length, 10));
        } else {
            close = true;
            answer.body = readToEnd();
        }
        used = true;
        if (close || start != end) {
            drop(); // or there are bytes that nobody asked for
        }
        return answer;
    }

    /** Reads until the head is complete; returns where it ends. */
    private int readHead() throws IOException {
        int seen = start;
        while (true) {
            for (int n = Math.max(seen, start + 3); n < end; n++) {
                if (in[n] == '\n' && in[n - 1] == '\r' && in[n - 2] == '\n') {
                    return n + 1;
                }
            }
            seen = end;
            if (end - start > MAX_HEAD) {
                throw new IOException("the Runtime API's answer has a head of more than 1 MiB");
            }
            boolean nothing = end == start;
            if (!fill()) {
                throw nothing ? new Lost() : new EOFException("the Runtime API's answer ends within its head");
            }
        }
    }

    static int number(String text, int radix) throws IOException {
        try {
            if (!text.isEmpty() && Character.digit(text.charAt(0), radix) >= 0) {
                return Integer.parseInt(text, radix);
            }
        } catch (NumberFormatException wrong) {
            // said below
        }
        throw new IOException("the Runtime API's answer has a length or status that is none: " + text);
    }

    private byte[] readExactly(int length) throws IOException {
        byte[] body = new byte[length];
        take(body, 0, length);
        return body;
    }

    private void take(byte[] into, int at, int length) throws IOException {
        int ready = Math.min(length, end - start);
        System.arraycopy(in, start, into, at, ready);
        start += ready;
        while (ready < length) {
            int read = input.read(into, at + ready, length - ready);
            if (read < 0) {
                throw new EOFException("the Runtime API's answer ends within its body");
            }
            ready += read;
        }
    }

    private byte[] readChunks() throws IOException {
        byte[] body = new byte[BUFFER];
        int length = 0;
        while (true) {
            String line = readLine();
            int semicolon = line.indexOf(';');
            int size = number((semicolon < 0 ? line : line.substring(0, semicolon)).trim(), 16);
            if (size == 0) {
                break;
            }
            if (length + size > body.length) {
                body = Arrays.copyOf(body, Math.max(2 * body.length, length + size));
            }
            take(body, length, size);
            length += size;
            if (!readLine().isEmpty()) {
                throw new IOException("a chunk of the Runtime API's answer is longer than it says");
            }
        }
        while (!readLine().isEmpty()) {
            // trailers, which say nothing here
        }
        return length == body.length ? body : Arrays.copyOf(body, length);
    }

    private String readLine() throws IOException {
        int n = start;
        while (true) {
            for (; n < end; n++) {
                if (in[n] == '\n') {
                    int stop = n > start && in[n - 1] == '\r' ? n - 1 : n;
                    String line = new String(in, start, stop - start, StandardCharsets.ISO_8859_1);
                    start = n + 1;
                    return line;
                }
            }
            int before = start;
            if (end - start > MAX_HEAD || !fill()) {
                throw new EOFException("the Runtime API's answer ends within its body");
            }
            n -= before - start;
        }
    }

    private byte[] readToEnd() throws IOException {
        byte[] body = Arrays.copyOfRange(in, start, end);
        int length = body.length;
        start = end;
        while (true) {
            if (length == body.length) {
                body = Arrays.copyOf(body, Math.max(BUFFER, 2 * length));
            }
            int read = input.read(body, length, body.length - length);
            if (read < 0) {
                return Arrays.copyOf(body, length);
            }
            length += read;
        }
    }

    private boolean fill() throws IOException {
        if (start > 0 && end == in.length) {
            System.arraycopy(in, start, in, 0, end - start);
            end -= start;
            start = 0;
        }
        if (end == in.length) {
            in = Arrays.copyOf(in, 2 * in.length);
        }
        int read = input.read(in, end, in.length - end);
        if (read <= 0) {
            return false;
        }
        end += read;
        return true;
    }
}
