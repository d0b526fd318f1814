package lambdaimage;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import lambdaimage.crac.Resource;

/** Takes the process through its snapshot. Hooks are those of org.crac, which finds its provider in lambdaimage.crac. */
public final class SnapStart {
    private static final long RESTORE_MS = 10_000;
    private static final String BEFORE = "Runtime.BeforeSnapshotError"; // what failures of hooks are called
    private static final String AFTER = "Runtime.AfterRestoreError";
    private static final int TRIES = 5;
    private static final long PAUSE_MS = 50;
    private static final List<Resource> RESOURCES = new ArrayList<>();

    private SnapStart() {}

    /** Called by lambdaimage.crac. */
    public static synchronized void register(Resource resource) {
        RESOURCES.add(resource);
    }

    /** As they are now: a hook may register more. */
    private static synchronized List<Resource> registered() {
        return new ArrayList<>(RESOURCES);
    }

    static void pass(RuntimeApi api, Exit exit) throws RuntimeApi.Ending {
        if (!"snap-start".equals(System.getenv("AWS_LAMBDA_INITIALIZATION_TYPE"))) {
            return;
        }
        List<Resource> resources = registered();
        exit.hooks("init/error", BEFORE);
        try {
            for (int n = resources.size() - 1; n >= 0; n--) {
                resources.get(n).beforeCheckpoint(null);
            }
        } catch (Throwable error) {
            fail(api, "init/error", error, BEFORE, 64);
        }
        Logs.flush();
        System.gc();
        try {
            restored(api);
        } catch (IOException error) {
            fail(api, "init/error", new Failure.Own("Runtime.RestoreError", error.getMessage()), "Runtime.RestoreError", 64);
        }
        exit.hooks("restore/error", AFTER);
        Throwable error = after(registered());
        if (error != null) {
            fail(api, "restore/error", error, AFTER, 65);
        }
        Logs.flush();
    }

    /** Where only the connection was lost on the way, the call is made again. */
    private static void restored(RuntimeApi api) throws IOException {
        Connection.Answer answer = null;
        for (int number = 1; answer == null; number++) {
            try {
                answer = restoreNext(api);
            } catch (IOException lost) {
                if (number == TRIES) {
                    throw lost;
                }
                pause();
            }
        }
        if (answer.status != 200) {
            throw new IOException("the Runtime API answered GET …/restore/next with status " + answer.status + " " + RuntimeApi.said(answer));
        }
    }

    /** Blocks through the snapshot. Its connection is never used again. */
    private static Connection.Answer restoreNext(RuntimeApi api) throws IOException {
        Connection connection = api.connection();
        try {
            return connection.roundTrip(api.get("restore/next"), null, 0);
        } finally {
            connection.drop();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MS);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private static Throwable after(List<Resource> resources) {
        Throwable[] failed = new Throwable[1];
        Thread hooks = new Thread("after-restore") {
            @Override
            public void run() {
                try {
                    for (Resource one : resources) {
                        one.afterRestore(null);
                    }
                } catch (Throwable error) {
                    failed[0] = error;
                }
            }
        };
        hooks.setDaemon(true);
        hooks.setContextClassLoader(Thread.currentThread().getContextClassLoader());
        hooks.start();
        try {
            hooks.join(RESTORE_MS);
        } catch (InterruptedException stopped) {
            return stopped;
        }
        return hooks.isAlive() ? new IllegalStateException("the after-restore hooks took more than 10 seconds") : failed[0];
    }

    private static void fail(RuntimeApi api, String path, Throwable error, String category, int status) throws RuntimeApi.Ending {
        while (error instanceof java.lang.reflect.UndeclaredThrowableException && error.getCause() != null) {
            error = error.getCause();
        }
        Failure failure = new Failure(error);
        failure.category = category;
        failure.log();
        api.reportStart(path, failure);
        throw new RuntimeApi.Ending(status, category + ": " + failure.message);
    }
}
