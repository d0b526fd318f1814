package conformance;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** The handler contract of the conformance suite. */
public class Handlers {
    private static final String PATTERN = "0123456789abcdef";
    private static final long STARTED = System.currentTimeMillis();
    private static final AtomicInteger COUNT = new AtomicInteger();

    static {
        String record = System.getenv("CONFORMANCE_INIT_RECORD");
        if (record != null) {
            LambdaRuntime.getLogger().log(record, LogLevel.ERROR);
        }
    }

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int n = 0; n < pairs.length; n += 2) {
            map.put((String) pairs[n], pairs[n + 1]);
        }
        return map;
    }

    private static void pause(Number ms) {
        try {
            Thread.sleep(ms == null ? 0 : ms.longValue());
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
    }

    public Object echo(Object event) {
        return event;
    }

    public int length(String event) {
        return event.codePointCount(0, event.length());
    }

    public void nothing(Object event) {
    }

    public double nan(Object event) {
        return Double.NaN;
    }

    public String big(Map<String, Integer> event) {
        int length = event.get("length");
        return PATTERN.repeat(length / 16 + 1).substring(0, length);
    }

    public Map<String, Object> invalid(Object event) {
        return map("a thread", Thread.currentThread());
    }

    public Map<String, Object> context(Map<String, List<Number>> event, Context context) {
        List<Object> reads = new ArrayList<>();
        for (Number wait : event != null && event.get("reads") != null ? event.get("reads") : List.<Number>of(0)) {
            pause(wait);
            reads.add(map("remaining_ms", context.getRemainingTimeInMillis(), "request_id", context.getAwsRequestId(),
                    "tenant_id", context.getTenantId()));
        }
        Map<String, Object> client = null;
        if (context.getClientContext() != null) {
            com.amazonaws.services.lambda.runtime.Client told = context.getClientContext().getClient();
            client = map("client", told == null ? null : map("installation_id", told.getInstallationId(), "app_title",
                    told.getAppTitle(), "app_version_name", told.getAppVersionName(), "app_version_code",
                    told.getAppVersionCode(), "app_package_name", told.getAppPackageName()),
                    "custom", context.getClientContext().getCustom(), "env", context.getClientContext().getEnvironment());
        }
        return map("request_id", context.getAwsRequestId(), "function_name", context.getFunctionName(), "function_version",
                context.getFunctionVersion(), "memory_limit_mb", context.getMemoryLimitInMB(), "log_group",
                context.getLogGroupName(), "log_stream", context.getLogStreamName(), "arn", context.getInvokedFunctionArn(),
                "client_context", client, "identity", context.getIdentity() == null ? null : map("id",
                context.getIdentity().getIdentityId(), "pool", context.getIdentity().getIdentityPoolId()),
                "tenant_id", context.getTenantId(), "reads", reads);
    }

    public Map<String, Object> env(Map<String, List<String>> event) {
        Map<String, Object> found = new LinkedHashMap<>();
        for (String name : event.get("names")) {
            found.put(name, System.getenv(name));
        }
        return found;
    }

    public Map<String, Object> trace(Map<String, Number> event, Context context) throws ReflectiveOperationException {
        Object before = traceId(context);
        pause(event == null ? 0 : event.get("wait_ms"));
        return map("before", before, "after", traceId(context));
    }

    /** By a method that newer interfaces have; before them by the property, which invocations share. */
    private static Object traceId(Context context) {
        try {
            java.lang.reflect.Method method = context.getClass().getMethod("getXrayTraceId");
            method.setAccessible(true);
            return method.invoke(context);
        } catch (ReflectiveOperationException older) {
            return System.getProperty("com.amazonaws.xray.traceHeader");
        }
    }

    public Map<String, Object> counter(Map<String, Object> event) {
        int count = COUNT.incrementAndGet();
        if (event != null && Boolean.TRUE.equals(event.get("fail"))) {
            throw HandlerError.deepest("boom");
        }
        return map("count", count, "process", ProcessHandle.current().pid(), "started_ms", STARTED);
    }

    public Object sleep(Map<String, Object> event) {
        pause((Number) event.get("ms"));
        if (event.get("exit") != null) {
            System.exit(((Number) event.get("exit")).intValue());
        }
        if (event.get("fail") != null) {
            throw HandlerError.deepest((String) event.get("fail"));
        }
        return event;
    }

    public Object raise(Map<String, Object> event) {
        Object message = event == null ? null : event.get("message");
        throw HandlerError.deepest(message == null ? "boom" : (String) message);
    }

    public Object exit(Map<String, Integer> event) {
        System.exit(event.get("status"));
        return null;
    }

    public static class Record {
        public String level;
        public String message;
    }

    public static class Logged {
        public String stdout;
        public String stderr;
        public String unfinished;
        public List<Record> records;
    }

    public String log(Logged event, Context context) {
        if (event.stdout != null) {
            System.out.println(event.stdout);
        }
        if (event.stderr != null) {
            System.err.println(event.stderr);
        }
        if (event.unfinished != null) {
            System.out.print(event.unfinished);
        }
        LambdaLogger logger = context.getLogger();
        for (Record one : event.records == null ? List.<Record>of() : event.records) {
            logger.log(one.message, LogLevel.valueOf(one.level.toUpperCase()));
        }
        return "logged";
    }

    public String log_exception(Map<String, String> event) {
        Logger.getLogger("conformance").log(Level.SEVERE, event.get("message"), HandlerError.deepest(event.get("message")));
        return "logged";
    }

    public Map<String, Object> tmp(Map<String, String> event) throws IOException {
        Path path = Path.of("/tmp", event.get("name"));
        String before = Files.exists(path) ? Files.readString(path) : null;
        if (event.get("write") != null) {
            Files.writeString(path, event.get("write"));
        }
        return map("content", before);
    }

    public Map<String, Object> time(Map<String, Number> event) {
        return map("local", DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss")
                .withZone(ZoneId.systemDefault()).format(Instant.ofEpochSecond(event.get("epoch").longValue())));
    }

    public static class Program {
        public String program;
        public List<String> arguments;
        public Map<String, String> environment;
    }

    public Map<String, Object> run(Program event) throws Exception {
        List<String> command = new ArrayList<>(List.of(event.program));
        if (event.arguments != null) {
            command.addAll(event.arguments);
        }
        ProcessBuilder builder = new ProcessBuilder(command);
        if (event.environment != null) {
            builder.environment().putAll(event.environment);
        }
        Process process;
        try {
            process = builder.start();
        } catch (IOException missing) {
            return map("status", null, "stdout", "", "stderr", missing.getMessage());
        }
        process.getOutputStream().close();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return map("status", process.waitFor(), "stdout", out, "stderr", err);
    }

    public Map<String, Object> dlopen(Map<String, String> event) {
        String name = event.get("library");
        try {
            System.loadLibrary(name.substring(3, name.length() - 3));
            return map("loaded", true);
        } catch (UnsatisfiedLinkError missing) {
            return map("loaded", false);
        }
    }

    public Map<String, Object> deps(Map<String, String> event) throws ReflectiveOperationException {
        return map("origin", Class.forName(event.get("module")).getField("ORIGIN").get(null));
    }

    public Map<String, Object> files(Map<String, String> event) throws IOException {
        Files.write(Path.of(event.get("folder"), event.get("name")), new byte[0]);
        List<String> names = new ArrayList<>(List.of(new java.io.File(event.get("folder")).list()));
        return map("names", names);
    }

    public Map<String, Object> version(Object event) {
        return map("version", System.getProperty("java.specification.version"));
    }

    public static class Piece {
        public String text;
        public byte[] base64;
        public int fill;
    }

    public static class Pieces {
        public List<Piece> pieces;
        public Number pause_ms;
        public String content_type;
        public String message;
    }

    @SuppressWarnings("unchecked")
    public void stream(Pieces event, OutputStream output, Context context) throws IOException {
        ((Consumer<String>) output).accept(event.content_type);
        boolean first = true;
        for (Piece piece : event.pieces) {
            if (!first) {
                pause(event.pause_ms);
            }
            first = false;
            if (piece.text != null) {
                output.write(piece.text.getBytes(StandardCharsets.UTF_8));
            } else if (piece.base64 != null) {
                output.write(piece.base64);
            } else {
                for (int left = piece.fill; left > 0; left -= 65536) {
                    output.write(PATTERN.repeat(4096).substring(0, Math.min(left, 65536)).getBytes(StandardCharsets.US_ASCII));
                }
            }
            output.flush();
        }
    }

    public void stream_raise(Pieces event, OutputStream output, Context context) throws IOException {
        stream(event, output, context);
        throw HandlerError.deepest(event.message);
    }

    public static class Http {
        public int status;
        public Map<String, String> headers;
        public List<String> cookies;
        public String body;
    }

    @SuppressWarnings("unchecked")
    public void stream_http(Http event, OutputStream output, Context context) throws IOException {
        ((Consumer<String>) output).accept("application/vnd.awslambda.http-integration-response");
        StringBuilder prelude = new StringBuilder("{\"statusCode\":").append(event.status).append(",\"headers\":{");
        String separator = "";
        for (Map.Entry<String, String> one : event.headers.entrySet()) {
            prelude.append(separator).append("\"").append(one.getKey()).append("\":\"").append(one.getValue()).append("\"");
            separator = ",";
        }
        prelude.append("},\"cookies\":[");
        separator = "";
        for (String cookie : event.cookies) {
            prelude.append(separator).append("\"").append(cookie).append("\"");
            separator = ",";
        }
        prelude.append("]}").append("\0".repeat(8)).append(event.body);
        output.write(prelude.toString().getBytes(StandardCharsets.UTF_8));
    }
}
