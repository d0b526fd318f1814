package lambdaimage;

import java.nio.charset.StandardCharsets;
import java.util.Map;

/** One invocation: what /next said of it. What the function's Context shows comes from here. */
public final class Invocation {
    private static final long LONGEST_MS = 900_000;

    final byte[] event;
    /** The id as it came, each character one byte, for the path of the answer. */
    private final String rawId;
    private final String attempt;
    final String requestId;
    final String arn;
    final String traceId;
    final String tenantId;
    private final String clientContextText;
    private final String identityText;
    private final long deadline;
    Map<?, ?> clientContext;
    Map<?, ?> identity;
    /** What a stream handler writes to. */
    volatile ResponseStream stream;
    private boolean claimed;

    Invocation(Connection.Answer answer) {
        event = answer.body;
        rawId = answer.get(RuntimeApi.REQUEST_ID);
        requestId = text(rawId);
        arn = text(answer.get(RuntimeApi.ARN));
        traceId = text(answer.get(RuntimeApi.TRACE_ID));
        tenantId = text(answer.get(RuntimeApi.TENANT_ID));
        clientContextText = text(answer.get(RuntimeApi.CLIENT_CONTEXT));
        identityText = text(answer.get(RuntimeApi.IDENTITY));
        String given = answer.get(RuntimeApi.INVOCATION_ID);
        attempt = given == null || given.isEmpty() || given.indexOf('\r') >= 0 || given.indexOf('\n') >= 0 ? null : given;
        long now = System.currentTimeMillis();
        long until = now + LONGEST_MS;
        try {
            String said = answer.get(RuntimeApi.DEADLINE);
            if (said != null) {
                until = Long.parseLong(said);
            }
        } catch (NumberFormatException wrong) {
            // as if there were none
        }
        deadline = until;
    }

    /** What is JSON among the headers. */
    void parseContext() throws Failure.Own {
        clientContext = object(clientContextText, "client context");
        identity = object(identityText, "Cognito identity");
    }

    private static Map<?, ?> object(String json, String what) throws Failure.Own {
        if (json == null) {
            return null;
        }
        try {
            Object value = new JsonReader(json.getBytes(StandardCharsets.UTF_8)).document();
            if (value == null || value instanceof Map) {
                return (Map<?, ?>) value;
            }
        } catch (JsonReader.Malformed wrong) {
            // said below
        }
        throw new Failure.Own("Runtime.LambdaContextUnmarshalError", "the " + what + " is no JSON object: " + json);
    }

    /** A header's value as text; null where it is absent or empty. */
    private static String text(String latin) {
        if (latin == null || latin.isEmpty()) {
            return null;
        }
        for (int n = 0; n < latin.length(); n++) {
            if (latin.charAt(n) >= 0x80) {
                return new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            }
        }
        return latin;
    }

    /** True for the first alone who has something to post: the loop, or the end of the process. */
    synchronized boolean claim() {
        boolean first = !claimed;
        claimed = true;
        return first;
    }

    boolean hasTime() {
        return deadline > System.currentTimeMillis();
    }

    String path(String call) {
        return "invocation/" + RuntimeApi.inPath(rawId) + "/" + call;
    }

    /** Sends back which attempt this is, where the API has said so. */
    Bytes addAttempt(Bytes head) {
        return attempt == null ? head : RuntimeApi.field(head, "Lambda-Runtime-Invocation-Id", attempt);
    }

    public String requestId() {
        return requestId;
    }

    public String arn() {
        return arn;
    }

    public String tenantId() {
        return tenantId;
    }

    public String traceId() {
        return traceId;
    }

    public Map<?, ?> clientContext() {
        return clientContext;
    }

    public Map<?, ?> identity() {
        return identity;
    }

    public int remainingMs() {
        return (int) Math.max(0, Math.min(Integer.MAX_VALUE, deadline - System.currentTimeMillis()));
    }

    /** The function's logger: of an invocation's context, or of the whole process. */
    public static void log(String message, int level, Invocation of) {
        if (of == null) {
            Logs.function(level, message, null);
        } else {
            Logs.function(level, message, null, of);
        }
    }

    public static void log(byte[] message, int level) {
        Logs.raw(level, message);
    }
}
