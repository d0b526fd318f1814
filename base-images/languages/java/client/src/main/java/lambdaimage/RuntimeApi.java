package lambdaimage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The calls of the Runtime API: their names, headers and bytes, and what an answer's status means. */
final class RuntimeApi {
    static final String REQUEST_ID = "lambda-runtime-aws-request-id";
    static final String DEADLINE = "lambda-runtime-deadline-ms";
    static final String ARN = "lambda-runtime-invoked-function-arn";
    static final String TRACE_ID = "lambda-runtime-trace-id";
    static final String CLIENT_CONTEXT = "lambda-runtime-client-context";
    static final String IDENTITY = "lambda-runtime-cognito-identity";
    static final String TENANT_ID = "lambda-runtime-aws-tenant-id";
    static final String INVOCATION_ID = "lambda-runtime-invocation-id";
    static final String ERROR_TYPE = "Lambda-Runtime-Function-Error-Type";
    static final String ERROR_BODY = "Lambda-Runtime-Function-Error-Body";
    static final String XRAY_CAUSE = "Lambda-Runtime-Function-XRay-Error-Cause";

    private static final String ROOT = "/2018-06-01/runtime/";
    private static final int TRIES = 3;
    private static final int WORKER_TRIES = 6;

    final String address;
    private final String host;
    private final int port;
    private final String fixed;

    RuntimeApi(String address, String agent) {
        this.address = address;
        int colon = address.lastIndexOf(':');
        boolean named = colon > 0 && address.indexOf(']') < colon;
        host = named ? address.substring(0, colon) : address;
        port = named ? Integer.parseInt(address.substring(colon + 1)) : 80;
        fixed = " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: " + agent + "\r\n";
    }

    Connection connection() {
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        return new Connection(bracketed ? host.substring(1, host.length() - 1) : host, port);
    }

    Bytes get(String path) {
        return new Bytes(256).latin("GET ").latin(ROOT).latin(path).latin(fixed).latin("\r\n");
    }

    /** The head of a POST as far as it is always the same; `path` is below /runtime/. */
    Bytes post(Bytes into, String path) {
        into.length = 0;
        return into.latin("POST ").latin(ROOT).latin(path).latin(fixed);
    }

    /** The head of a result that is there as a whole. */
    Bytes response(Bytes into, Invocation invocation, int length) {
        return endHead(invocation.addAttempt(post(into, invocation.path("response"))), length);
    }

    /** The head of an invocation's error. */
    Bytes error(Bytes into, Invocation invocation, String category, String cause, int length) {
        field(invocation.addAttempt(post(into, invocation.path("error"))), ERROR_TYPE, category);
        if (cause != null) {
            field(into, XRAY_CAUSE, cause);
        }
        return endHead(into, length);
    }

    /** The head of a failed init or restore. */
    Bytes startError(String path, String category, int length) {
        return endHead(field(post(new Bytes(512), path), ERROR_TYPE, category), length);
    }

    static Bytes field(Bytes head, String name, String value) {
        return head.latin(name).latin(": ").latin(value).latin("\r\n");
    }

    private static Bytes endHead(Bytes head, int length) {
        field(head, "Content-Type", "application/json");
        return field(head, "Content-Length", Integer.toString(length)).latin("\r\n");
    }

    /** The next event, as its raw answer. Short outages are waited out, as often as the statuses' table says. */
    Connection.Answer next(Connection connection, Bytes request, boolean worker) throws Ending {
        int tries = worker ? WORKER_TRIES : TRIES;
        long pause = 100;
        for (int n = 1;; n++) {
            String refused;
            boolean again = true;
            try {
                Connection.Answer answer = connection.roundTrip(request, null, 0);
                if (answer.status == 200 && answer.get(REQUEST_ID) != null) {
                    return answer;
                }
                refused = "status " + answer.status + " " + said(answer);
                again = worker || answer.status >= 500;
            } catch (IOException failed) {
                refused = failed.toString();
            }
            if (!again || n == tries) {
                throw new Ending(1, "the Runtime API at " + address + " gives no event: " + refused);
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException late) {
                // that was for an invocation which is over
            }
            pause *= 2;
        }
    }

    static String said(Connection.Answer answer) {
        int length = Math.min(answer.body.length, 300);
        return new String(answer.body, 0, length, StandardCharsets.UTF_8).replace('\n', ' ').replace('\r', ' ');
    }

    /** Reports a failed init or restore. */
    void reportStart(String path, Failure failure) {
        byte[] body = failure.body();
        lastWord(startError(path, failure.category, body.length), body);
    }

    /** Sends a report after which the process ends, whatever is answered. */
    void lastWord(Bytes head, byte[] body) {
        Connection connection = connection();
        try {
            connection.roundTrip(head, body, body.length);
        } catch (IOException failed) {
            Logs.own("the Runtime API did not take the report: " + failed);
        } finally {
            connection.drop();
        }
    }

    /** An id as it may stand in a path: unchanged, but for what no path may hold. */
    static String inPath(String id) {
        StringBuilder out = null;
        for (int n = 0; n < id.length(); n++) {
            char c = id.charAt(n);
            boolean plain = c > ' ' && c < 0x7f && "/?#%\"<>\\^`{|}".indexOf(c) < 0;
            if (plain && out != null) {
                out.append(c);
            } else if (!plain) {
                if (out == null) {
                    out = new StringBuilder(id.substring(0, n));
                }
                out.append('%').append(Character.toUpperCase(Character.forDigit(c >> 4 & 15, 16)));
                out.append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return out == null ? id : out.toString();
    }

    /** Why the process has to end, and with which status. */
    static final class Ending extends Exception {
        private static final long serialVersionUID = 1;
        final int status;

        Ending(int status, String message) {
            super(message, null, false, false);
            this.status = status;
        }
    }
}
