package lambdaimage;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Map;

/** The variables that Java programs cannot set: System.getenv and child processes read the JVM's copy, which is changed. */
final class Trace {
    private static final String VARIABLE = "_X_AMZN_TRACE_ID";
    private static final String PROPERTY = "com.amazonaws.xray.traceHeader";
    private static Map<Object, Object> environment;
    private static Method variable;
    private static Method value;
    private static String before;

    private Trace() {}

    @SuppressWarnings("unchecked")
    private static boolean find() {
        if (environment == null) {
            try {
                Class<?> owner = Class.forName("java.lang.ProcessEnvironment");
                Field field = owner.getDeclaredField("theEnvironment");
                field.setAccessible(true);
                variable = Class.forName("java.lang.ProcessEnvironment$Variable").getDeclaredMethod("valueOf", String.class);
                value = Class.forName("java.lang.ProcessEnvironment$Value").getDeclaredMethod("valueOf", String.class);
                variable.setAccessible(true);
                value.setAccessible(true);
                environment = (Map<Object, Object>) field.get(null);
            } catch (ReflectiveOperationException | RuntimeException closed) {
                return false; // another Java: the property, which AWS's client sets alone, has to do
            }
        }
        return true;
    }

    /** Sets the trace id of the invocation, or takes the last one away. */
    static void set(String trace) {
        if (trace == null ? before == null : trace.equals(before)) {
            return;
        }
        before = trace;
        if (trace == null) {
            System.clearProperty(PROPERTY);
        } else {
            System.setProperty(PROPERTY, trace);
        }
        put(VARIABLE, trace);
    }

    static void put(String name, String text) {
        if (!find()) {
            return;
        }
        try {
            if (text == null) {
                environment.remove(variable.invoke(null, name));
            } else {
                environment.put(variable.invoke(null, name), value.invoke(null, text));
            }
        } catch (ReflectiveOperationException closed) {
            // as above
        }
    }
}
