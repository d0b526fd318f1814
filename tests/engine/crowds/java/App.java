package crowds;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** What streams and what many do at once, each by its name: {"do": "pieces", "size": 1, "count": 9}. */
public class App {
    private static final String STARTED = Long.toString(System.nanoTime());
    private static final AtomicInteger CALLS = new AtomicInteger();
    private static final ThreadLocal<Object> MINE = new ThreadLocal<>();
    private static final ExecutorService OTHERS = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task);
        thread.setDaemon(true);
        return thread;
    });

    /** What a thread does. */
    private interface Writing {
        void run() throws Exception;
    }

    private static int number(Map<String, Object> event, String name) {
        return ((Number) event.get(name)).intValue();
    }

    private static Thread later(int ms, Writing what) {
        Thread thread = new Thread(() -> {
            try {
                Thread.sleep(ms);
                what.run();
            } catch (Exception failed) {
                System.out.println("later: " + failed.getMessage());
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    public Object handle(Map<String, Object> event, Context context) throws Exception {
        switch ((String) event.get("do")) {
            case "alive":
                return STARTED;
            case "collections":
                for (GarbageCollectorMXBean one : ManagementFactory.getGarbageCollectorMXBeans()) {
                    if (one.getName().startsWith("MarkSweep")) {
                        return one.getCollectionCount();
                    }
                }
                return null;
            case "who":
                return who(event, context);
            case "sleep":
                System.out.println("sleeping " + event.get("ms"));
                Thread.sleep(number(event, "ms"));
                return "slept";
            case "forever":
                while (true) {
                    Thread.sleep(1000);
                }
            case "fail":
                throw new IllegalStateException((String) event.get("message"));
            case "end":
                System.exit(3);
                return null;
            case "end-elsewhere":
                later(0, () -> System.exit(3));
                Thread.sleep(60_000);
                return null;
            case "break":
                throw new OutOfMemoryError("not really");
            case "throw-elsewhere":
                later(0, () -> {
                    throw new IllegalStateException("elsewhere");
                });
                return "thrown";
            case "interrupt-later":
                Thread mine = Thread.currentThread();
                later(number(event, "ms"), mine::interrupt);
                return "returned";
            case "log-later":
                later(number(event, "ms"), () -> context.getLogger().log("late " + context.getAwsRequestId()));
                return "returned";
            default:
                throw new IllegalArgumentException(event.toString());
        }
    }

    private static Object who(Map<String, Object> event, Context context) throws Exception {
        MINE.set(event.get("n"));
        CALLS.incrementAndGet();
        context.getLogger().log("begin " + event.get("n"));
        Thread.sleep(number(event, "ms"));
        OTHERS.submit(() -> context.getLogger().log("elsewhere " + event.get("n"))).get();
        System.out.println("printed " + event.get("n"));
        Map<String, Object> found = new HashMap<>();
        found.put("id", context.getAwsRequestId());
        found.put("n", MINE.get());
        found.put("remaining", context.getRemainingTimeInMillis());
        found.put("tenant", context.getTenantId());
        found.put("started", STARTED);
        return found;
    }

    @SuppressWarnings("unchecked")
    public void stream(Map<String, Object> event, OutputStream output, Context context) throws Exception {
        if ("whole".equals(event.get("do"))) {
            output.write(STARTED.getBytes(StandardCharsets.UTF_8));
            return;
        }
        ((Consumer<String>) output).accept("text/plain");
        byte[] piece = "x".repeat(event.containsKey("size") ? number(event, "size") : 1).getBytes(StandardCharsets.UTF_8);
        int count = event.containsKey("count") ? number(event, "count") : 1;
        switch ((String) event.get("do")) {
            case "alive":
                output.write(STARTED.getBytes(StandardCharsets.UTF_8));
                return;
            case "pieces":
                for (int n = 0; n < count; n++) {
                    output.write(piece);
                }
                return;
            case "drip":
                for (int n = 0; n < count; n++) {
                    output.write(piece);
                    Thread.sleep(number(event, "ms"));
                }
                return;
            case "stubborn": // whatever the Runtime API does
                for (int n = 0; n < count; n++) {
                    try {
                        output.write(piece);
                    } catch (IOException refused) {
                        Thread.sleep(1);
                    }
                }
                return;
            case "fail":
                output.write(piece);
                throw new IllegalStateException((String) event.get("message"));
            case "threads":
                Thread[] writers = new Thread[8];
                for (int n = 0; n < writers.length; n++) {
                    writers[n] = later(0, () -> {
                        for (int m = 0; m < count; m++) {
                            output.write(piece);
                        }
                    });
                }
                for (Thread one : writers) {
                    one.join();
                }
                return;
            case "late": // a thread goes on writing when the handler has returned, and the next events come
                output.write(piece);
                later(30, () -> {
                    for (int n = 0; n < count; n++) {
                        Thread.sleep(1);
                        try {
                            output.write("late".getBytes(StandardCharsets.UTF_8));
                        } catch (IOException ended) {
                            // tries again
                        }
                    }
                });
                return;
            case "close-twice":
                output.write(piece);
                output.flush();
                output.flush();
                output.close();
                output.close();
                return;
            case "end":
                output.write(piece);
                System.exit(3);
                return;
            default:
                throw new IllegalArgumentException(event.toString());
        }
    }

    /** AWS's own way, which does not stream: its output is written to when it was sent. */
    public void buffer(InputStream input, OutputStream output) throws Exception {
        String event = new String(input.readAllBytes(), StandardCharsets.UTF_8);
        output.write(("\"" + STARTED + "\"").getBytes(StandardCharsets.UTF_8));
        if (event.contains("late")) {
            later(50, () -> {
                for (int n = 0; n < 500; n++) {
                    Thread.sleep(1);
                    output.write("late".getBytes(StandardCharsets.UTF_8));
                }
            });
            later(60, () -> {
                @SuppressWarnings("unchecked")
                Consumer<String> typed = (Consumer<String>) output;
                typed.accept("text/plain");
                output.write("late".getBytes(StandardCharsets.UTF_8));
            });
        }
    }
}
