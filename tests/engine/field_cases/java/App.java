package cases;

import com.amazonaws.services.lambda.runtime.Context;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What users of AWS's clients met, each by its name: {"do": "circle"}. */
public class App {
    private static final String STARTED = Long.toString(System.nanoTime());

    static class Unfit extends RuntimeException {
        Unfit(String message, Throwable cause) {
            super(message, cause);
        }
    }

    public static class Count {
        public int n;
    }

    public int typed(Count given) {
        return given.n;
    }

    public Object handle(Map<String, Object> event, Context context) throws Exception {
        switch ((String) event.get("do")) {
            case "alive":
                return STARTED;
            case "remaining":
                return context.getRemainingTimeInMillis();
            case "text":
                return "é漢😀";
            case "fail":
                throw new Unfit((String) event.get("message"), null);
            case "chain":
                throw new Unfit("outer", new IllegalStateException("inner"));
            case "circle":
                List<Object> circle = new ArrayList<>();
                circle.add(circle);
                return circle;
            case "large":
                return "x".repeat(((Number) event.get("length")).intValue());
            case "environment":
                Map<String, String> found = new HashMap<>();
                for (Object name : (List<?>) event.get("names")) {
                    found.put((String) name, System.getenv((String) name));
                }
                return found;
            case "print":
                System.out.println(event.get("text"));
                return "printed";
            case "unfinished":
                System.out.print(event.get("text"));
                return "printed";
            case "write":
                return write();
            case "fetch":
                return fetch((String) event.get("url"));
            case "cache":
                Path folder = Path.of(System.getProperty("user.home"), ".cache");
                Files.createDirectories(folder);
                return Files.readString(Files.writeString(folder.resolve("kept"), "kept"));
            case "descriptors":
                return new String(new ProcessBuilder("ls", "/proc/self/fd").start().getInputStream().readAllBytes());
            case "time":
                return Map.of("t", Instant.EPOCH);
            case "exit":
                System.exit(((Number) event.get("status")).intValue());
                return null;
            case "exit-at-once":
                Runtime.getRuntime().halt(((Number) event.get("status")).intValue());
                return null;
            default:
                throw new IllegalArgumentException((String) event.get("do"));
        }
    }

    private static Object write() throws Exception {
        try (OutputStream output = new FileOutputStream("/dev/fd/1")) {
            output.write("{\"status\":\"ok\"}\n\u00ff\0\n".getBytes(StandardCharsets.ISO_8859_1));
        }
        new ProcessBuilder("/usr/bin/env", "printf", "%s", "{\"not\": \"the result\"}\n").inheritIO().start().waitFor();
        return "untouched";
    }

    private static Object fetch(String url) throws Exception {
        HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        try {
            return connection.getResponseCode();
        } catch (IOException failed) {
            return failed.toString();
        }
    }
}
