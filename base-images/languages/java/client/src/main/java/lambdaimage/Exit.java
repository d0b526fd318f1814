package lambdaimage;

import java.util.Map;

/**
 * Reports that the function ended the process itself. A hook of the virtual machine is told neither that nor the status,
 * but it sees the thread that called System.exit, which waits there; a signal leaves no such thread.
 */
final class Exit extends Thread {
    private final RuntimeApi api;
    private volatile boolean loaded;
    private volatile boolean expected;

    Exit(RuntimeApi api) {
        this.api = api;
        Runtime.getRuntime().addShutdownHook(this);
    }

    /** From now on the process has asked for events. */
    void loaded() {
        loaded = true;
    }

    /** Ends the process: the client has said why. */
    void now(int status) {
        expected = true;
        System.exit(status);
    }

    @Override
    public void run() {
        Thread caller = expected ? null : caller();
        if (caller == null) {
            return;
        }
        Invocation invocation = Logs.of(caller);
        if (loaded && invocation == null) {
            return;
        }
        String when = loaded ? "during an invocation" : "while it was loaded";
        Logs.current(invocation);
        Failure failure = new Failure(new Failure.Own("Runtime.ExitError", "the function ended the process by System.exit " + when));
        failure.log();
        Logs.flush();
        if (!loaded) {
            api.reportStart("init/error", failure);
            Runtime.getRuntime().halt(1); // whatever status the function gave: nothing has started
        }
        byte[] body = failure.body();
        api.lastWord(api.error(new Bytes(512), invocation, failure.category, failure.xrayCause(), body.length), body);
        Concurrency.finishOthers(invocation);
    }

    private static Thread caller() {
        for (Map.Entry<Thread, StackTraceElement[]> one : Thread.getAllStackTraces().entrySet()) {
            for (StackTraceElement frame : one.getValue()) {
                if (frame.getClassName().equals("java.lang.Runtime") && frame.getMethodName().equals("exit")) {
                    return one.getKey();
                }
            }
        }
        return null;
    }
}
