package lambdaimage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Base64;
import java.util.function.Consumer;

/**
 * The output of a stream handler. It is a buffer, as in AWS's client, and posted when the handler returns; but a handler
 * that gives it a content type (it is a Consumer of one) before it writes streams: what it writes then leaves at once.
 * Threads of the function may write to it at the same time, and may still try when the invocation is over: by then the
 * connection is the next one's.
 */
final class ResponseStream extends OutputStream implements Consumer<String> {
    private static final int CHUNK = 64 << 10;
    private final ByteArrayOutputStream buffer = new ByteArrayOutputStream();
    private final Connection connection;
    private final RuntimeApi api;
    private final Invocation invocation;
    private String contentType;
    private boolean begun;
    private boolean over;
    private IOException broken;

    ResponseStream(Connection connection, RuntimeApi api, Invocation invocation) {
        this.connection = connection;
        this.api = api;
        this.invocation = invocation;
    }

    @Override
    public synchronized void accept(String type) {
        if (over || begun || buffer.size() > 0) {
            throw new IllegalStateException("the content type comes before the first byte");
        }
        contentType = type == null || type.isEmpty() ? "application/octet-stream" : type.replaceAll("[^ -~]", "?");
    }

    boolean isStreaming() {
        return contentType != null;
    }

    synchronized boolean hasBegun() {
        return begun;
    }

    /** The handler is done: nothing that is written from now on goes anywhere. */
    synchronized void over() {
        over = true;
    }

    synchronized byte[] buffered() {
        return buffer.toByteArray();
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int length) throws IOException {
        if (contentType == null) {
            buffer.write(bytes, offset, length);
            return;
        }
        if (over) {
            throw new IOException("the response has ended: its handler has returned");
        }
        for (int done = 0; done < length; done += CHUNK) {
            chunk(bytes, offset + done, Math.min(CHUNK, length - done));
        }
    }

    private void chunk(byte[] bytes, int offset, int length) throws IOException {
        if (broken != null) {
            throw broken;
        }
        try {
            begin();
            Bytes framed = new Bytes(length + 16).latin(Integer.toHexString(length)).latin("\r\n");
            framed.add(bytes, offset, length).latin("\r\n");
            connection.write(framed.array, 0, framed.length);
        } catch (IOException failed) {
            broken = failed;
            throw failed;
        }
    }

    private void begin() throws IOException {
        if (begun) {
            return;
        }
        begun = true;
        invocation.claim();
        connection.drop(); // what is sent in pieces cannot be sent again: one that may be closed is no place to begin
        connection.open();
        Bytes head = head();
        connection.write(head.array, 0, head.length);
    }

    private Bytes head() {
        Bytes head = RuntimeApi.field(api.post(new Bytes(512), invocation.path("response")), "Content-Type", contentType);
        RuntimeApi.field(invocation.addAttempt(head), "Lambda-Runtime-Function-Response-Mode", "streaming");
        RuntimeApi.field(head, "Transfer-Encoding", "chunked");
        RuntimeApi.field(head, "Trailer", RuntimeApi.ERROR_TYPE + ", " + RuntimeApi.ERROR_BODY);
        return RuntimeApi.field(head, "Connection", "close").latin("\r\n");
    }

    /** Ends a stream whose handler will not return. */
    synchronized void lastWord(Failure failure) {
        if (over) {
            return; // its end is on its way
        }
        try {
            end(failure);
        } catch (IOException failed) {
            Logs.own("the Runtime API did not take all of a stream: " + failed);
        }
    }

    /** Ends the stream, with what went wrong as trailers if anything did. */
    Connection.Answer end(Failure failure) throws IOException {
        return failure == null ? end(null, null) : end(failure.category, failure.body());
    }

    /** Reads the answer, which may be there even if not all of the stream was taken. */
    synchronized Connection.Answer end(String category, byte[] body) throws IOException {
        over = true;
        try {
            if (broken == null) {
                begin();
                Bytes end = new Bytes(256).latin("0\r\n");
                if (category != null) {
                    RuntimeApi.field(end, RuntimeApi.ERROR_TYPE, category);
                    RuntimeApi.field(end, RuntimeApi.ERROR_BODY, Base64.getEncoder().encodeToString(body));
                }
                end.latin("\r\n");
                connection.write(end.array, 0, end.length);
            }
        } catch (IOException failed) {
            broken = failed;
        }
        try {
            if (!connection.isOpen()) {
                throw broken;
            }
            return connection.read();
        } catch (IOException failed) {
            throw broken != null ? broken : failed;
        } finally {
            connection.drop();
        }
    }
}
