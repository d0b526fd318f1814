package lambdaimage.bridge;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.LambdaRuntime;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import lambdaimage.Bridge;
import lambdaimage.Invocation;

/** Defined by the function's class loader, so that these are the function's own interfaces. */
public final class Core implements Bridge {
    /** By a variable's handle: to set a field by reflection the virtual machine makes half a dozen classes. */
    public Core() {
        try {
            MethodHandles.privateLookupIn(LambdaRuntime.class, MethodHandles.lookup())
                    .findStaticVarHandle(LambdaRuntime.class, "logger", LambdaLogger.class)
                    .setVolatile((LambdaLogger) new FunctionLogger(null));
        } catch (ReflectiveOperationException | RuntimeException | LinkageError other) {
            // another version of that class: its own logger prints, which is enough
        }
    }

    @Override
    public boolean isRequestHandler(Class<?> type) {
        return RequestHandler.class.isAssignableFrom(type);
    }

    @Override
    public boolean isStreamHandler(Class<?> type) {
        return RequestStreamHandler.class.isAssignableFrom(type);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Object call(Object handler, Object event, Invocation invocation) {
        return ((RequestHandler<Object, Object>) handler).handleRequest(event, new FunctionContext(invocation));
    }

    @Override
    public void stream(Object handler, InputStream input, OutputStream output, Invocation invocation) throws Exception {
        ((RequestStreamHandler) handler).handleRequest(input, output, new FunctionContext(invocation));
    }

    @Override
    public Object context(Invocation invocation) {
        return new FunctionContext(invocation);
    }
}
