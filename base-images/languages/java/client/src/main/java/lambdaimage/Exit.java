package lambdaimage;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reports that the function ended the process itself. A hook of the virtual machine is told neither that nor the status,
 * but it sees the threads that called System.exit, which wait there; a signal leaves none.
 */
final class Exit extends Thread {
    private final RuntimeApi api;
    private volatile boolean expected;
    /** Before the process asks for events: who is told, what a failure is then called, and what was done. */
    private volatile Start start = new Start("init/error", "Runtime.ExitError", "while it was loaded");

    Exit(RuntimeApi api) {
        this.api = api;
        Runtime.getRuntime().addShutdownHook(this);
    }

    private static final class Start {
        private final String path;
        private final String category;
        private final String when;

        Start(String path, String category, String when) {
            this.path = path;
            this.category = category;
            this.when = when;
        }
    }

    /** From now on hooks of SnapStart run. */
    void hooks(String path, String category) {
        start = new Start(path, category, "in a hook of SnapStart");
    }

    /** From now on the process asks for events. */
    void started() {
        start = null;
    }

    /** Ends the process: the client has said why. */
    void now(int status) {
        expected = true;
        System.exit(status);
    }

    @Override
    public void run() {
        List<Thread> callers = expected ? List.of() : callers();
        if (callers.isEmpty()) {
            return;
        }
        Start now = start;
        if (now != null) {
            Failure failure = told(null, now.when);
            failure.category = now.category;
            api.reportStart(now.path, failure);
            Runtime.getRuntime().halt(1); // whatever status the function gave: nothing has started
        }
        Concurrency group = Concurrency.group();
        if (group == null) {
            tell(Logs.of(callers.get(0)));
        } else {
            endAmongSeveral(group);
        }
    }

    /**
     * Those that called it are told at once, also those that call it while the others finish. Where the caller is a
     * thread of no invocation, the last one that does not finish is its own.
     */
    private void endAmongSeveral(Concurrency group) {
        group.stop();
        Set<Thread> heard = new HashSet<>();
        boolean elsewhere = false;
        do {
            for (Thread one : callers()) {
                if (heard.add(one)) {
                    Invocation caller = Logs.of(one);
                    elsewhere |= caller == null;
                    tell(caller);
                    group.forget(caller);
                }
            }
        } while (group.awaitMore(elsewhere ? 1 : 0));
        for (Invocation one : group.rest()) {
            tell(one);
        }
    }

    private void tell(Invocation invocation) {
        if (invocation == null) {
            return;
        }
        ResponseStream stream = invocation.stream;
        if (stream != null && stream.hasBegun()) {
            stream.lastWord(told(invocation, "during an invocation"));
        } else if (invocation.claim()) {
            Failure failure = told(invocation, "during an invocation");
            byte[] body = failure.body();
            api.lastWord(api.error(new Bytes(512), invocation, failure.category, failure.xrayCause(), body.length), body);
        }
    }

    /** The failure, to the log. */
    private static Failure told(Invocation invocation, String when) {
        Logs.current(invocation);
        Failure failure = new Failure(new Failure.Own("Runtime.ExitError", "the function ended the process by System.exit " + when));
        failure.log();
        Logs.flush();
        return failure;
    }

    /** Threads of the function that wait in System.exit; the client's own end is not one. */
    private static List<Thread> callers() {
        List<Thread> callers = new ArrayList<>();
        for (Map.Entry<Thread, StackTraceElement[]> one : Thread.getAllStackTraces().entrySet()) {
            boolean exits = false;
            for (StackTraceElement frame : one.getValue()) {
                exits |= frame.getClassName().equals("java.lang.Runtime") && frame.getMethodName().equals("exit");
                exits &= !frame.getClassName().equals("lambdaimage.Exit");
            }
            if (exits) {
                callers.add(one.getKey());
            }
        }
        return callers;
    }
}
