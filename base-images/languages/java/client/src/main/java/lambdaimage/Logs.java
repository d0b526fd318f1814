package lambdaimage;

import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.reflect.Constructor;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Records of the function's loggers: text or JSON, to standard output or as frames where Lambda wants them. */
final class Logs {
    static final int INFO = 3;
    static final int ERROR = 5;
    private static final String[] LEVELS = {"UNDEFINED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

    private static boolean json;
    private static int least;
    private static OutputStream frames;
    private static OutputStream out;
    private static volatile Invocation single;
    /** What is told of each invocation besides; null for most functions. */
    static Log4j log4j;
    private static Map<Thread, Invocation> many;

    private Logs() {}

    static void start(boolean concurrent, String descriptor) {
        json = concurrent || "JSON".equalsIgnoreCase(System.getenv("AWS_LAMBDA_LOG_FORMAT"));
        int asked = askedLevel();
        least = asked > 0 ? asked : json ? INFO : 1;
        many = concurrent ? new ConcurrentHashMap<>() : null;
        out = new FileOutputStream(FileDescriptor.out);
        frames = descriptor == null ? null : opened(descriptor);
    }

    /** The level that the environment asks for: 0 for none, and what is no level asks for none. */
    static int askedLevel() {
        String asked = System.getenv("AWS_LAMBDA_LOG_LEVEL");
        for (int n = 1; asked != null && n < LEVELS.length; n++) {
            if (LEVELS[n].equals(asked.toUpperCase(Locale.ROOT))) {
                return n;
            }
        }
        return 0;
    }

    private static OutputStream opened(String descriptor) {
        try {
            int number = Integer.parseInt(descriptor);
            if (!new File("/proc/self/fd/" + number).exists()) {
                return null;
            }
            Constructor<FileDescriptor> made = FileDescriptor.class.getDeclaredConstructor(int.class);
            made.setAccessible(true);
            return new FileOutputStream(made.newInstance(number));
        } catch (ReflectiveOperationException | RuntimeException unusable) {
            return null;
        }
    }

    static void current(Invocation invocation) {
        if (log4j != null && invocation != null) {
            log4j.begin(invocation.requestId);
        }
        if (many == null) {
            single = invocation;
        } else if (invocation == null) {
            many.remove(Thread.currentThread());
        } else {
            many.put(Thread.currentThread(), invocation);
        }
    }

    /** What a thread is working on: among concurrent invocations its own. */
    static Invocation of(Thread thread) {
        return many == null ? single : many.get(thread);
    }

    /** A record. Level 0, the function's own text without a level, is written as it is where the format is text. */
    static void function(int level, String message, Failure error) {
        function(level, message, error, of(Thread.currentThread()));
    }

    /** The same of an invocation that is known, whichever thread says it. */
    static void function(int level, String message, Failure error, Invocation invocation) {
        if (level != 0 && level < least) {
            return;
        }
        long now = System.currentTimeMillis();
        byte[] record;
        if (json) {
            record = asJson(level == 0 ? INFO : level, message, error, invocation, now);
        } else if (level == 0) {
            record = message.getBytes(StandardCharsets.UTF_8);
        } else {
            StringBuilder text = new StringBuilder("[").append(LEVELS[level]).append("]\t").append(time(now)).append('\t');
            text.append(invocation == null ? "-" : invocation.requestId).append('\t').append(message);
            for (Failure one = error; one != null; one = one.cause) {
                if (one != error) {
                    text.append("\nCaused by: ").append(one.kind).append(": ").append(one.message);
                }
                for (String line : one.lines()) {
                    text.append("\n\tat ").append(line);
                }
            }
            record = text.append('\n').toString().getBytes(StandardCharsets.UTF_8);
        }
        write(record, level == 0 ? INFO : level, now);
    }

    private static String time(long ms) {
        String seconds = Instant.ofEpochMilli(ms - ms % 1000).toString();
        return seconds.substring(0, seconds.length() - 1) + "." + Integer.toString(1000 + (int) (ms % 1000)).substring(1) + "Z";
    }

    private static byte[] asJson(int level, String message, Failure error, Invocation invocation, long now) {
        Bytes record = new Bytes(256 + message.length());
        JsonWriter writer = new JsonWriter(record);
        record.latin("{\"timestamp\":\"").latin(time(now)).latin("\",\"message\":");
        writer.string(message);
        record.latin(",\"level\":\"").latin(LEVELS[level]).latin("\"");
        if (invocation != null) {
            member(writer, "AWSRequestId", invocation.requestId);
            if (invocation.tenantId != null) {
                member(writer, "tenantId", invocation.tenantId);
            }
        }
        if (error != null) {
            member(writer, "errorType", error.kind);
            member(writer, "errorMessage", error.message);
            record.latin(",\"stackTrace\":");
            writer.strings(error.lines());
        }
        return record.latin("}\n").copy();
    }

    private static void member(JsonWriter writer, String name, String value) {
        writer.out.latin(",\"").latin(name).latin("\":");
        writer.string(value);
    }

    /** Bytes are a record already, as those that log4j's appender for Lambda hands over. */
    static void raw(int level, byte[] message) {
        if (level == 0 || level >= least) {
            write(message, level == 0 ? INFO : level, System.currentTimeMillis());
        }
    }

    private static synchronized void write(byte[] record, int level, long now) {
        try {
            if (frames != null) {
                int length = record.length;
                if (length > 0 && record[length - 1] == '\n') {
                    length--;
                }
                frames.write(frame(json, level, now * 1000, record, length));
                return;
            }
        } catch (IOException unusable) {
            frames = null;
        }
        try {
            flush();
            out.write(record);
        } catch (IOException gone) {
            // there is no place left to say so
        }
    }

    static byte[] frame(boolean json, int level, long microseconds, byte[] message, int length) {
        byte[] frame = new byte[16 + length];
        put(frame, 0, (json ? 0xA55A0002L : 0xA55A0003L) + 4 * level, 4);
        put(frame, 4, length, 4);
        put(frame, 8, microseconds, 8);
        System.arraycopy(message, 0, frame, 16, length);
        return frame;
    }

    private static void put(byte[] into, int at, long value, int bytes) {
        for (int n = 0; n < bytes; n++) {
            into[at + n] = (byte) (value >>> 8 * (bytes - 1 - n));
        }
    }

    /** What the function has printed. It may have put anything in the place of standard output, or nothing. */
    static void flush() {
        try {
            System.out.flush();
        } catch (RuntimeException | Error broken) {
            // then there is nothing to flush
        }
    }

    /** The client's own word on why something ends. */
    static void own(String message) {
        flush();
        try {
            byte[] line = ("lambda-image java client: " + message + "\n").getBytes(StandardCharsets.UTF_8);
            new FileOutputStream(FileDescriptor.err).write(line);
        } catch (IOException gone) {
            // there is no place left to say so
        }
    }
}
