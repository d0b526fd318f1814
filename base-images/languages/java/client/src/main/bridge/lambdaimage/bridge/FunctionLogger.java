package lambdaimage.bridge;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import com.amazonaws.services.lambda.runtime.logging.LogLevel;
import lambdaimage.Invocation;

/** The function's LambdaLogger: its context's, whose records are that invocation's whichever thread writes them; or all of them. */
final class FunctionLogger implements LambdaLogger {
    private final Invocation invocation;

    FunctionLogger(Invocation invocation) {
        this.invocation = invocation;
    }

    @Override
    public void log(String message) {
        Invocation.log(String.valueOf(message), 0, invocation);
    }

    @Override
    public void log(byte[] message) {
        if (message != null) { // as with AWS's client
            Invocation.log(message, 0);
        }
    }

    @Override
    public void log(String message, LogLevel level) {
        Invocation.log(String.valueOf(message), level.ordinal(), invocation);
    }

    @Override
    public void log(byte[] message, LogLevel level) {
        if (message != null) {
            Invocation.log(message, level.ordinal());
        }
    }
}
