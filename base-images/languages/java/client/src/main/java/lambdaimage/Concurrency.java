package lambdaimage;

/** Workers of one process, each a thread: if one cannot go on the process ends, after those in flight. */
final class Concurrency {
    /** Of Lambda's own API: PerExecutionEnvironmentMaxConcurrency. */
    private static final int MOST = 1600;

    private static volatile Concurrency started;

    private int inFlight;
    private RuntimeApi.Ending reason;

    /** How many invocations at once: 0, as if nothing had been asked for, where the text is no number that can be. */
    static int workersOf(String text) {
        int number = 0;
        for (int at = 0; at < text.length(); at++) {
            char digit = text.charAt(at);
            if (at == 4 || digit < (at == 0 ? '1' : '0') || digit > '9') {
                return 0;
            }
            number = number * 10 + digit - '0';
        }
        return number <= MOST ? number : 0;
    }

    static void serve(RuntimeApi api, Handler handler, int workers) throws RuntimeApi.Ending {
        if (workers < 1) {
            new Loop(api, handler, null).run();
        }
        Concurrency group = new Concurrency();
        started = group;
        for (int n = 0; n < workers; n++) {
            Thread thread = new Thread("worker-" + n) {
                @Override
                public void run() {
                    try {
                        new Loop(api, handler, group).run();
                    } catch (RuntimeApi.Ending ending) {
                        group.leave(ending);
                    } catch (Throwable broken) {
                        group.leave(new RuntimeApi.Ending(1, broken.toString()));
                    }
                }
            };
            thread.setDaemon(true);
            thread.start();
        }
        throw group.await();
    }

    /** While one of them ends the process: the others may finish, as long as it has time itself. */
    static void finishOthers(Invocation ending) {
        if (started != null) {
            started.awaitOthers(ending.remainingMs());
        }
    }

    private synchronized void awaitOthers(long ms) {
        long until = System.currentTimeMillis() + ms;
        leave(new RuntimeApi.Ending(1, "the function ended the process"));
        for (long left = ms; inFlight > 1 && left > 0; left = until - System.currentTimeMillis()) {
            try {
                wait(left);
            } catch (InterruptedException again) {
                // nobody interrupts this thread
            }
        }
    }

    synchronized void begin() {
        inFlight++;
    }

    /** Counts an invocation out; where another worker cannot go on, this one takes no more. */
    synchronized void end() throws RuntimeApi.Ending {
        inFlight--;
        notifyAll();
        if (reason != null) {
            throw reason;
        }
    }

    private synchronized void leave(RuntimeApi.Ending ending) {
        if (reason == null) {
            reason = ending;
        }
        notifyAll();
    }

    private synchronized RuntimeApi.Ending await() {
        while (reason == null || inFlight > 0) {
            try {
                wait();
            } catch (InterruptedException again) {
                // nobody interrupts this thread
            }
        }
        return reason;
    }
}
