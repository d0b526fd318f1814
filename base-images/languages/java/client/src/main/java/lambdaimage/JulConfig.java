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
        String text = "handlers=lambdaimage.JulConfig$ToLogs\n.level=ALL\n";
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
            boolean jdk = name != null && (name.startsWith("sun.") || name.startsWith("jdk.") || name.startsWith("java."));
            if (jdk && level < Logs.INFO) {
                return;
            }
            String message = getFormatter().formatMessage(record);
            Logs.function(level, message == null ? "" : message, record.getThrown() == null ? null : new Failure(record.getThrown()));
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
