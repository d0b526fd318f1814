package lambdaimage;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** An error as it is reported and logged. */
final class Failure {
    /** From this size on the cause for X-Ray is left out, which the emulator would crop to no JSON. */
    private static final int MAX_XRAY_CAUSE = 64 << 10;
    private static final int DEEPEST = 10; // of causes

    /** An error of the client's own, with the type that is reported. */
    static final class Own extends Exception {
        private static final long serialVersionUID = 1;
        final String kind;

        Own(String kind, String message) {
            super(message);
            this.kind = kind;
        }

        Own(String kind, String message, Throwable cause) {
            super(message, cause);
            this.kind = kind;
        }
    }

    final String message;
    final String kind;
    String category;
    /** Whether the process ends after the report. */
    final boolean exit;
    final Failure cause;
    private final StackTraceElement[] stack;

    Failure(Throwable error) {
        this(error, new ArrayList<>());
    }

    private Failure(Throwable error, List<Throwable> told) {
        told.add(error);
        Throwable under = causeOf(error);
        boolean own = error instanceof Own;
        message = messageOf(error);
        kind = own ? ((Own) error).kind : error.getClass().getName();
        category = categoryOf(kind);
        exit = error instanceof VirtualMachineError && !(error instanceof StackOverflowError);
        // an error of the client's own has no place in the function: its cause may have one
        stack = own && under == null ? new StackTraceElement[0] : stackOf(own ? under : error);
        cause = under == null || told.contains(under) || told.size() > DEEPEST ? null : new Failure(under, told);
    }

    /** What an error says of itself is the function's code, and may fail as well. */
    private static String messageOf(Throwable error) {
        try {
            String said = error.getMessage();
            return said == null ? error.getClass().getName() : said; // as AWS's client has it
        } catch (Throwable unreadable) {
            return "the error's message cannot be read: " + unreadable.getClass().getName();
        }
    }

    private static Throwable causeOf(Throwable error) {
        try {
            return error.getCause();
        } catch (Throwable unreadable) {
            return null;
        }
    }

    private static StackTraceElement[] stackOf(Throwable error) {
        try {
            return functionOnly(error.getStackTrace());
        } catch (Throwable unreadable) {
            return new StackTraceElement[0];
        }
    }

    /** A type's name in the form Category.Reason; a name that has it already stays. */
    static String categoryOf(String kind) {
        if (kind.startsWith("Runtime.") && word(kind.substring(8)).equals(kind.substring(8))) {
            return kind;
        }
        return "Function." + word(kind);
    }

    /** Leaves of a name what the header may hold. */
    private static String word(String name) {
        StringBuilder kept = new StringBuilder();
        for (int n = 0; n < name.length(); n++) {
            char c = name.charAt(n);
            if (c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
                kept.append(c);
            }
        }
        return kept.length() == 0 ? "Error" : kept.toString();
    }

    /** Without the frames of the client and of reflection, which are below the function's. */
    private static StackTraceElement[] functionOnly(StackTraceElement[] all) {
        int length = all.length;
        for (int n = 0; n < all.length; n++) {
            if (all[n].getClassName().startsWith("lambdaimage.")) {
                length = n;
                break;
            }
        }
        while (length > 0 && isReflection(all[length - 1].getClassName())) {
            length--;
        }
        StackTraceElement[] kept = new StackTraceElement[length];
        System.arraycopy(all, 0, kept, 0, length);
        return kept;
    }

    private static boolean isReflection(String name) {
        return name.startsWith("jdk.internal.reflect.") || name.startsWith("java.lang.reflect.")
                || name.startsWith("java.lang.invoke.");
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (StackTraceElement frame : stack) {
            lines.add(frame.getClassName() + "." + frame.getMethodName() + "(" + frame.getFileName() + ":"
                    + frame.getLineNumber() + ")");
        }
        return lines;
    }

    byte[] body() {
        Bytes out = new Bytes(512 + message.length());
        write(out, new JsonWriter(out));
        return out.copy();
    }

    private void write(Bytes out, JsonWriter json) {
        out.latin("{\"errorMessage\":");
        json.string(message);
        out.latin(",\"errorType\":");
        json.string(kind);
        out.latin(",\"stackTrace\":");
        json.strings(lines());
        if (cause != null) {
            out.latin(",\"cause\":");
            cause.write(out, json);
        }
        out.latin("}");
    }

    /** The cause for X-Ray as the value of a header, JSON in ASCII; null where it is too large. */
    String xrayCause() {
        if (message.length() >= MAX_XRAY_CAUSE) {
            return null;
        }
        Bytes out = new Bytes(1024);
        JsonWriter json = new JsonWriter(out);
        out.latin("{\"working_directory\":");
        json.string(System.getProperty("user.dir", ""));
        out.latin(",\"exceptions\":[{\"type\":");
        json.string(kind);
        out.latin(",\"message\":");
        json.string(message);
        out.latin(",\"stack\":[");
        Set<String> paths = new LinkedHashSet<>();
        String separator = "";
        for (StackTraceElement frame : stack) {
            String path = String.valueOf(frame.getFileName());
            paths.add(path);
            out.latin(separator).latin("{\"path\":");
            json.string(path);
            out.latin(",\"line\":").latin(Integer.toString(frame.getLineNumber())).latin(",\"label\":");
            json.string(frame.getClassName() + "." + frame.getMethodName());
            out.latin("}");
            separator = ",";
        }
        out.latin("]}],\"paths\":");
        json.strings(paths);
        out.latin("}");
        String text = ascii(new String(out.array, 0, out.length, java.nio.charset.StandardCharsets.UTF_8));
        return text.length() < MAX_XRAY_CAUSE ? text : null;
    }

    private static String ascii(String json) {
        StringBuilder out = new StringBuilder(json.length());
        for (int n = 0; n < json.length(); n++) {
            char c = json.charAt(n);
            if (c < 0x7f) {
                out.append(c);
            } else {
                out.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
            }
        }
        return out.toString();
    }

    void log() {
        if (!"off".equalsIgnoreCase(System.getenv("LAMBDA_IMAGE_LOG_ERRORS"))) {
            Logs.function(Logs.ERROR, kind + ": " + message, this);
        }
    }
}
