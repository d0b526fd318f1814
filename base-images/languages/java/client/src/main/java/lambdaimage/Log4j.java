package lambdaimage;

import java.lang.reflect.Method;

/** What patterns and layouts of log4j call AWSRequestId (`%X{AWSRequestId}`), for functions that use log4j. */
final class Log4j {
    /** What a function that logs has loaded, log4j's class of such values, and the values' type. */
    private static final Object[][] KINDS = {
        {"org.apache.logging.log4j.LogManager", "org.apache.logging.log4j.ThreadContext", String.class},
        {"org.apache.log4j.LogManager", "org.apache.log4j.MDC", Object.class},
    };

    private final Method put;

    private Log4j(Method put) {
        this.put = put;
    }

    /** Null where the function, which has been loaded, has not asked for a logger of log4j's. */
    static Log4j of(FunctionLoader loader) {
        for (Object[] kind : KINDS) {
            if (loader.hasLoaded((String) kind[0])) {
                try {
                    Class<?> values = Class.forName((String) kind[1], true, loader);
                    return new Log4j(values.getMethod("put", String.class, (Class<?>) kind[2]));
                } catch (ReflectiveOperationException | LinkageError without) {
                    return null; // its logs are without the id then
                }
            }
        }
        return null;
    }

    void begin(String requestId) {
        try {
            put.invoke(null, "AWSRequestId", requestId);
        } catch (ReflectiveOperationException failed) {
            // an event is not lost for a line of its log
        }
    }
}
