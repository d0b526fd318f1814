package misbehaving;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Calendar;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TimeZone;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** What functions do that no client's author thought of, each by its name. */
public class App {
    private static final long STARTED = System.nanoTime();
    private static final List<InputStream> HELD = new ArrayList<>();
    private static final Map<String, Callable<Object>> DOINGS = new HashMap<>();

    static class Hostile extends RuntimeException {
        @Override
        public String getMessage() {
            throw new IllegalStateException("not even a text");
        }
    }

    static class HostileTrace extends RuntimeException {
        @Override
        public StackTraceElement[] getStackTrace() {
            throw new IllegalStateException("not even a stack");
        }
    }

    static class NoTrace extends RuntimeException {
        NoTrace() {
            super("no trace", null, false, false);
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            return null;
        }
    }

    static class HostileCause extends RuntimeException {
        @Override
        public synchronized Throwable getCause() {
            throw new IllegalStateException("not even a cause");
        }
    }

    static class OwnCause extends RuntimeException {
        @Override
        public synchronized Throwable getCause() {
            return this;
        }
    }

    static class Fehlerß extends RuntimeException {
        Fehlerß() {
            super("odd");
        }
    }

    public static class BadGetter {
        public String getText() {
            throw new IllegalStateException("a getter");
        }
    }

    public static class Circle {
        public Circle getSelf() {
            return this;
        }
    }

    public static class Endless implements Iterable<Integer> {
        @Override
        public java.util.Iterator<Integer> iterator() {
            throw new IllegalStateException("an iterator");
        }
    }

    static class Closing implements AutoCloseable {
        @Override
        public void close() {
            throw new IllegalStateException("closing");
        }
    }

    enum Size {
        SMALL,
        LARGE {
            @Override
            public String toString() {
                return "huge";
            }
        }
    }

    public record Point(int x, List<String> names) {}

    static class Failing {
        static final int VALUE = Integer.parseInt("no number");
    }

    private static Object deep(int depth) {
        Object value = "bottom";
        for (int n = 0; n < depth; n++) {
            value = Collections.singletonList(value);
        }
        return value;
    }

    private static int recursion(int n) {
        return recursion(n + 1) + 1;
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> void sneak(Throwable thrown) throws T {
        throw (T) thrown;
    }

    private static Object background() {
        Thread thread = new Thread(() -> {
            throw new IllegalStateException("in the background");
        });
        thread.start();
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
        return "begun";
    }

    private static Object twoCauses() {
        Exception first = new Exception("first");
        Exception second = new Exception("second", first);
        first.initCause(second);
        throw new IllegalStateException("circle", first);
    }

    private static Object suppressed() {
        try (Closing closing = new Closing()) {
            throw new IllegalArgumentException("outer");
        }
    }

    private static Object silent() {
        System.setOut(null);
        System.setErr(null);
        return "silent";
    }

    private static Object brokenOutput() {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int one) {
                throw new IllegalStateException("no output");
            }

            @Override
            public void flush() {
                throw new IllegalStateException("no output");
            }
        };
        System.setOut(new PrintStream(broken));
        System.setErr(new PrintStream(broken));
        return "broken";
    }

    private static Object closedOutput() {
        System.out.close();
        System.err.close();
        return "closed";
    }

    private static Object noProperties() {
        System.getProperties().clear();
        return "cleared";
    }

    private static Object wildLog() {
        Logger logger = Logger.getLogger("misbehaving");
        logger.severe("line one\nline two \ud800 " + "x".repeat(3_000_000));
        logger.severe((String) null);
        logger.log(Level.SEVERE, "{0} {1", new Object[] {null});
        logger.log(Level.SEVERE, null, new Hostile());
        logger.log(Level.SEVERE, "circle", new OwnCause());
        System.out.print("\ud800 é\n");
        return "logged";
    }

    private static Object descriptors() throws IOException {
        while (true) {
            HELD.add(Files.newInputStream(Path.of("/dev/null")));
        }
    }

    private static Object child() throws Exception {
        return new ProcessBuilder("/usr/bin/env", "printf", "%s", "{\"not\": \"the result\"}").inheritIO().start().waitFor();
    }

    static {
        DOINGS.put("nan", () -> List.of(Double.NaN));
        DOINGS.put("text-thrown", () -> {
            throw new IllegalStateException("text");
        });
        DOINGS.put("infinite", () -> Map.of("a", Float.POSITIVE_INFINITY));
        DOINGS.put("decimal", () -> new java.math.BigDecimal("1.10"));
        DOINGS.put("time", () -> Instant.EPOCH);
        DOINGS.put("date", () -> List.of(new Date(0), LocalDate.EPOCH, Duration.ofSeconds(1)));
        DOINGS.put("bytes", () -> new byte[] {0, -1});
        DOINGS.put("bad-text", () -> "a\ud800b");
        DOINGS.put("function", () -> (Runnable) () -> { });
        DOINGS.put("thread", Thread::currentThread);
        DOINGS.put("class", () -> App.class);
        DOINGS.put("stream", () -> Stream.of(1, 2));
        DOINGS.put("future", () -> CompletableFuture.completedFuture("promised"));
        DOINGS.put("optional", () -> Arrays.asList(Optional.of(1), Optional.empty()));
        DOINGS.put("numbers-perhaps", () -> Arrays.asList(
                OptionalInt.of(1), OptionalLong.empty(), OptionalDouble.of(0.5), OptionalDouble.of(Double.NaN).isPresent()));
        DOINGS.put("calendar", () -> {
            Calendar calendar = Calendar.getInstance(TimeZone.getTimeZone("Europe/Paris"));
            calendar.setTimeInMillis(1000);
            return List.of(calendar, TimeZone.getTimeZone("Europe/Paris"));
        });
        DOINGS.put("enum", () -> List.of(Size.SMALL, Size.LARGE));
        DOINGS.put("record", () -> new Point(1, null));
        DOINGS.put("anonymous", () -> new Object() {
            public int getNumber() {
                return 1;
            }
        });
        DOINGS.put("keys", () -> {
            Map<Object, Object> map = new LinkedHashMap<>();
            map.put(1, "a");
            map.put(Size.LARGE, "b");
            map.put('c', "c");
            return map;
        });
        DOINGS.put("null-key", () -> Collections.singletonMap(null, 1));
        DOINGS.put("deep", () -> deep(500));
        DOINGS.put("too-deep", () -> deep(1_000_000));
        DOINGS.put("circular", () -> {
            List<Object> list = new ArrayList<>();
            list.add(list);
            return list;
        });
        DOINGS.put("circular-bean", Circle::new);
        DOINGS.put("bad-getter", BadGetter::new);
        DOINGS.put("bad-iterator", Endless::new);
        DOINGS.put("checked", () -> {
            throw new IOException("checked");
        });
        DOINGS.put("sneaked", () -> {
            App.<RuntimeException>sneak(new Exception("sneaked"));
            return null;
        });
        DOINGS.put("throwable", () -> {
            App.<RuntimeException>sneak(new Throwable("bare"));
            return null;
        });
        DOINGS.put("throw-null", () -> {
            throw null;
        });
        DOINGS.put("error", () -> {
            throw new AssertionError(7);
        });
        DOINGS.put("no-message", () -> {
            throw new IllegalStateException();
        });
        DOINGS.put("anonymous-error", () -> {
            throw new IllegalStateException("anonymous") { };
        });
        DOINGS.put("hostile-error", () -> {
            throw new Hostile();
        });
        DOINGS.put("hostile-trace", () -> {
            throw new HostileTrace();
        });
        DOINGS.put("hostile-cause", () -> {
            throw new HostileCause();
        });
        DOINGS.put("no-trace", () -> {
            throw new NoTrace();
        });
        DOINGS.put("odd-type", () -> {
            throw new Fehlerß();
        });
        DOINGS.put("own-cause", () -> {
            throw new OwnCause();
        });
        DOINGS.put("cyclic-cause", App::twoCauses);
        DOINGS.put("suppressed", App::suppressed);
        DOINGS.put("initializer", () -> Failing.VALUE);
        DOINGS.put("no-class", () -> {
            throw new NoClassDefFoundError("no/such/Thing");
        });
        DOINGS.put("death", () -> {
            throw new LinkageError("death");
        });
        DOINGS.put("recursion", () -> recursion(0));
        DOINGS.put("sleep", () -> {
            System.out.println("sleeping");
            Thread.sleep(2000);
            return "slept";
        });
        DOINGS.put("exit", () -> {
            System.exit(3);
            return null;
        });
        DOINGS.put("memory", () -> new long[Integer.MAX_VALUE]);
        DOINGS.put("interrupt", () -> {
            Thread.currentThread().interrupt();
            return "interrupted";
        });
        DOINGS.put("interrupt-and-throw", () -> {
            Thread.currentThread().interrupt();
            throw new InterruptedException("interrupted");
        });
        DOINGS.put("background", App::background);
        DOINGS.put("handler-of-all", () -> {
            Thread.setDefaultUncaughtExceptionHandler((thread, error) -> System.exit(3));
            Thread.currentThread().setName("\n");
            Thread.currentThread().setContextClassLoader(null);
            Thread.currentThread().setPriority(Thread.MIN_PRIORITY);
            return "set";
        });
        DOINGS.put("locale", () -> {
            Locale.setDefault(Locale.forLanguageTag("ar-u-nu-arab"));
            TimeZone.setDefault(TimeZone.getTimeZone("Asia/Kathmandu"));
            return "set";
        });
        DOINGS.put("silent", App::silent);
        DOINGS.put("broken-output", App::brokenOutput);
        DOINGS.put("closed-output", App::closedOutput);
        DOINGS.put("string-output", () -> {
            System.setOut(new PrintStream(new ByteArrayOutputStream()));
            System.out.print("lost");
            return "string";
        });
        DOINGS.put("no-properties", App::noProperties);
        DOINGS.put("no-logging", () -> {
            LogManager.getLogManager().reset();
            Logger.getLogger("").severe("lost");
            return "reset";
        });
        DOINGS.put("proxy", () -> {
            System.setProperty("http.proxyHost", "127.0.0.1");
            System.setProperty("socksProxyHost", "127.0.0.1");
            System.setProperty("socksProxyPort", "1");
            return "set";
        });
        DOINGS.put("stdin", () -> new String(System.in.readAllBytes(), StandardCharsets.UTF_8));
        DOINGS.put("child", App::child);
        DOINGS.put("descriptors", App::descriptors);
        DOINGS.put("wild-log", App::wildLog);
    }

    public Object handler(Object event) throws Exception {
        if (event.equals("alive")) {
            return STARTED;
        }
        if (event.equals("resident")) {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmRSS:")) {
                    return Integer.valueOf(line.replaceAll("\\D", ""));
                }
            }
        }
        if (event instanceof Map) {
            return ((String) ((Map<?, ?>) event).get("large")).length();
        }
        return DOINGS.get(event).call();
    }

    @SuppressWarnings("unchecked")
    public void stream(InputStream input, OutputStream output) throws Exception {
        String name = new String(input.readAllBytes(), StandardCharsets.UTF_8).replace("\"", "");
        if (name.startsWith("quiet-")) { // what AWS's client does with it, too: a buffer
            buffered(name, output);
            return;
        }
        Consumer<String> typed = (Consumer<String>) output;
        if (name.equals("late-type")) {
            typed.accept("text/plain");
            output.write('a');
            typed.accept("text/html");
        }
        if (!name.equals("error-untyped")) {
            typed.accept("text/plain");
        }
        if (name.equals("alive")) {
            output.write(Long.toString(STARTED).getBytes());
        } else if (name.equals("empty-write")) {
            output.write(new byte[0]);
            output.flush();
        } else if (name.equals("thread")) {
            Thread writer = new Thread(() -> {
                try {
                    output.write('a');
                } catch (IOException failed) {
                    throw new IllegalStateException(failed);
                }
            });
            writer.start();
            writer.join();
            output.write('b');
        } else if (name.equals("close-then-write")) {
            output.write('a');
            output.close();
            output.write('b');
        } else if (name.equals("interrupt")) {
            output.write('a');
            Thread.currentThread().interrupt();
            output.write('b');
        } else if (name.startsWith("error")) {
            if (!name.equals("error-first") && !name.equals("error-untyped")) {
                output.write('a');
            }
            if (name.equals("error-bounds")) {
                output.write(new byte[2], 1, 7);
            }
            if (name.equals("error-null")) {
                output.write(null, 0, 1);
            }
            if (name.equals("error-hostile")) {
                throw new Hostile();
            }
            throw new IOException("thrown");
        } else if (name.equals("large")) {
            byte[] piece = "0123456789".repeat(100_000).getBytes();
            for (int n = 0; n < 20; n++) {
                output.write(piece);
            }
        }
    }

    private static void buffered(String name, OutputStream output) throws IOException {
        output.write('"');
        if (name.equals("quiet-error")) {
            throw new IllegalArgumentException("thrown");
        }
        output.write("quiet\"".getBytes());
        if (name.equals("quiet-close")) {
            output.close();
        }
        if (name.equals("quiet-type")) {
            ((Consumer<?>) output).accept(null);
        }
    }
}
