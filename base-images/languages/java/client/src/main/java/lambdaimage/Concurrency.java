package lambdaimage;

/** Workers of one process, each a thread: if one cannot go on the process ends, after those in flight. */
final class Concurrency {
    private int inFlight;
    private RuntimeApi.Ending reason;

    static void serve(RuntimeApi api, Handler handler, int workers) throws RuntimeApi.Ending {
        if (workers < 1) {
            new Loop(api, handler, null).run();
        }
        Concurrency group = new Concurrency();
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
