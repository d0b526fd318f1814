package lambdaimage;

import java.io.InputStream;
import java.io.OutputStream;

/**
 * The client's way to the interfaces of aws-lambda-java-core, which lie on the function's class path. What implements it
 * is compiled against their shapes and defined by the function's class loader: no reflection, no proxies.
 */
public interface Bridge {
    boolean isRequestHandler(Class<?> type);

    boolean isStreamHandler(Class<?> type);

    Object call(Object handler, Object event, Invocation invocation);

    void stream(Object handler, InputStream input, OutputStream output, Invocation invocation) throws Exception;

    /** The function's Context. */
    Object context(Invocation invocation);
}
