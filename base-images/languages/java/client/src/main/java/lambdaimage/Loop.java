package lambdaimage;

import java.io.IOException;

/** One invocation after the other, on a connection of its own. */
final class Loop {
    /** After events and results of this size the memory they took goes back before the process waits. */
    private static final int LARGE = 2 << 20;

    private final RuntimeApi api;
    private final Handler handler;
    private final Concurrency group;
    private final Connection connection;
    private final Bytes next;
    private final Bytes head = new Bytes(512);
    private Bytes result = new Bytes(4096);
    private int posted;

    Loop(RuntimeApi api, Handler handler, Concurrency group) {
        this.api = api;
        this.handler = handler;
        this.group = group;
        connection = api.connection();
        next = api.get("invocation/next");
    }

    /** Runs until the process has to end; the exception says why. */
    void run() throws RuntimeApi.Ending {
        while (true) {
            Invocation invocation = new Invocation(api.next(connection, next, group != null));
            if (group != null) {
                group.begin(invocation);
            }
            try {
                handle(invocation);
            } finally {
                if (group != null) {
                    group.end(invocation);
                }
            }
            int size = Math.max(invocation.event.length, posted);
            invocation = null;
            if (size >= LARGE) {
                result = new Bytes(4096);
                if (group == null) { // neighbours would stand still, and no freeze is near
                    System.gc();
                }
            }
        }
    }

    /** Takes one invocation from its event to its accepted result. */
    private void handle(Invocation invocation) throws RuntimeApi.Ending {
        Logs.current(invocation);
        if (group == null) {
            Trace.set(invocation.traceId);
        }
        Thread.interrupted(); // whoever did that while this thread waited meant an invocation that is over
        posted = 0;
        ResponseStream stream = null;
        try {
            invocation.parseContext();
            if (handler.streams()) {
                stream = new ResponseStream(connection, api, invocation);
                invocation.stream = stream;
                try {
                    handler.stream(invocation, stream);
                } finally {
                    stream.over();
                }
                Logs.flush();
                if (stream.isStreaming()) {
                    endStream(stream, null);
                } else {
                    byte[] body = stream.buffered();
                    post(invocation, body, body.length);
                }
                return;
            }
            Object value = handler.call(invocation);
            Logs.flush();
            result.length = 0;
            write(value);
            post(invocation, result.array, result.length);
        } catch (RuntimeApi.Ending ending) {
            throw ending;
        } catch (Throwable error) {
            Failure failure = new Failure(error);
            if (stream != null && stream.hasBegun()) {
                failure.log();
                endStream(stream, failure);
            } else {
                report(invocation, failure);
            }
            if (failure.exit) {
                throw new RuntimeApi.Ending(1, "the virtual machine failed: " + failure.kind);
            }
        } finally {
            Logs.current(null);
            Thread.interrupted(); // the next one's waiting is not to be cut short by what this one left
        }
    }

    private void write(Object value) throws Failure.Own {
        try {
            new JsonWriter(result).value(value);
        } catch (JsonWriter.Unwritable | Shapes.Unsupported wrong) {
            throw new Failure.Own("Runtime.MarshalError", "the result: " + wrong.getMessage(), wrong.getCause());
        }
    }

    private void post(Invocation invocation, byte[] body, int length) throws RuntimeApi.Ending {
        posted = length;
        if (invocation.claim()) {
            api.response(head, invocation, length);
            send(body, length);
        }
    }

    private void report(Invocation invocation, Failure failure) throws RuntimeApi.Ending {
        failure.log();
        Logs.flush();
        if (invocation.claim()) {
            byte[] body = failure.body();
            api.error(head, invocation, failure.category, failure.xrayCause(), body.length);
            send(body, body.length);
        }
    }

    private void send(byte[] body, int length) throws RuntimeApi.Ending {
        try {
            accepted(connection.roundTrip(head, body, length), length);
        } catch (IOException failed) {
            refused("did not take the result: " + failed);
        }
    }

    private void endStream(ResponseStream stream, Failure failure) throws RuntimeApi.Ending {
        try {
            accepted(stream.end(failure), 0);
        } catch (IOException failed) {
            Logs.own("the Runtime API did not take all of a stream: " + failed);
        }
    }

    /** What an answer to a result means: a refusal is final for it, and only 5xx ends the process. */
    private void accepted(Connection.Answer answer, int length) throws RuntimeApi.Ending {
        if (answer.status >= 500) {
            refused("answered status " + answer.status + " " + RuntimeApi.said(answer));
        } else if (answer.status >= 300) {
            String size = answer.status == 413 ? " (" + length + " bytes, the limit is 6291556)" : "";
            Logs.own("the Runtime API refused a result with status " + answer.status + size + " " + RuntimeApi.said(answer));
        }
    }

    private void refused(String what) throws RuntimeApi.Ending {
        if (group == null) {
            throw new RuntimeApi.Ending(1, "the Runtime API " + what);
        }
        Logs.own("the Runtime API " + what);
    }
}
