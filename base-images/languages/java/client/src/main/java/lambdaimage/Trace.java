package lambdaimage;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.HashMap;
import java.util.Map;

/** The variables that Java programs cannot set: System.getenv and child processes read the JVM's copy, which is changed. */
final class Trace {
    private static final String VARIABLE = "_X_AMZN_TRACE_ID";
    private static final String PROPERTY = "com.amazonaws.xray.traceHeader";
    private static Map<Object, Object> environment;
    private static MethodHandle variable;
    private static MethodHandle value;
    private static String before;

    private Trace() {}

    @SuppressWarnings("unchecked")
    private static boolean find() {
        if (environment == null) {
            try {
                Class<?> owner = Class.forName("java.lang.ProcessEnvironment");
                MethodHandles.Lookup inside = MethodHandles.privateLookupIn(owner, MethodHandles.lookup());
                variable = valueOf(inside, "java.lang.ProcessEnvironment$Variable");
                value = valueOf(inside, "java.lang.ProcessEnvironment$Value");
                environment = (Map<Object, Object>) inside.findStaticVarHandle(owner, "theEnvironment", HashMap.class).get();
            } catch (ReflectiveOperationException | RuntimeException closed) {
                return false; // another Java: the property, which AWS's client sets alone, has to do
            }
        }
        return true;
    }

    private static MethodHandle valueOf(MethodHandles.Lookup inside, String name) throws ReflectiveOperationException {
        Class<?> type = Class.forName(name);
        return inside.findStatic(type, "valueOf", MethodType.methodType(type, String.class));
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
            Object key = (Object) variable.invoke(name);
            if (text == null) {
                environment.remove(key);
            } else {
                environment.put(key, (Object) value.invoke(text));
            }
        } catch (Throwable closed) {
            // as above
        }
    }
}
