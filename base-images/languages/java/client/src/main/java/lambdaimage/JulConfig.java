package lambdaimage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;

/** Makes java.util.logging write the client's records; loaded when a function first uses that, and not before. */
public final class JulConfig {
    public JulConfig() throws IOException {
        // Java's own level unless one is asked for, which is heeded where records are written: libraries have much to say.
        String level = Logs.askedLevel() == 0 ? "INFO" : "ALL";
        String text = "handlers=lambdaimage.JulConfig$ToLogs\n.level=" + level + "\n";
        LogManager.getLogManager().readConfiguration(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    /** The root logger's handler. */
    public static final class ToLogs extends Handler {
        public ToLogs() {
            setFormatter(new SimpleFormatter());
        }

        @Override
        public void publish(LogRecord record) {
            int value = record.getLevel().intValue();
            int level = value >= Level.SEVERE.intValue() ? Logs.ERROR
                    : value >= Level.WARNING.intValue() ? 4
                    : value >= Level.INFO.intValue() ? Logs.INFO
                    : value >= Level.FINE.intValue() ? 2 : 1;
            String name = record.getLoggerName();
            if (level < Logs.INFO && name != null && isOfTheJdk(name)) {
                return;
            }
            String message = getFormatter().formatMessage(record);
            Logs.function(level, message == null ? "" : message, record.getThrown() == null ? null : new Failure(record.getThrown()));
        }

        private static boolean isOfTheJdk(String name) {
            return name.startsWith("java.") || name.startsWith("javax.") || name.startsWith("jdk.")
                    || name.startsWith("sun.") || name.startsWith("com.sun.");
        }

        @Override
        public void flush() {
            // nothing is kept back
        }

        @Override
        public void close() {
            // nothing to close
        }
    }
}
