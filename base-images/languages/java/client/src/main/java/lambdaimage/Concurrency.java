package lambdaimage;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Workers of one process, each a thread: if one cannot go on the process ends, after those in flight, which are waited
 * for as long as one of them has time. One that hangs keeps no process from ending.
 */
final class Concurrency {
    /** Of Lambda's own API: PerExecutionEnvironmentMaxConcurrency. */
    private static final int MOST = 1600;
    private static final long LOOK_AGAIN = 100;

    private static volatile Concurrency started;

    private final Set<Invocation> inFlight = new HashSet<>();
    private RuntimeApi.Ending reason;
    private boolean stopped;

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

    /** The workers of this process; null where there are none. */
    static Concurrency group() {
        return started;
    }

    synchronized void begin(Invocation one) {
        inFlight.add(one);
    }

    /** Counts an invocation out; where another worker cannot go on, this one takes no more. */
    synchronized void end(Invocation one) throws RuntimeApi.Ending {
        forget(one);
        while (stopped) {
            pause(0); // for the end of the process
        }
        if (reason != null) {
            throw reason;
        }
    }

    /** Nobody waits for it any more. */
    synchronized void forget(Invocation one) {
        inFlight.remove(one);
        notifyAll();
    }

    /** The function ends the process: nothing more is begun. */
    synchronized void stop() {
        stopped = true;
    }

    private synchronized void leave(RuntimeApi.Ending ending) {
        if (reason == null) {
            reason = ending;
        }
        notifyAll();
    }

    /** A moment, unless no more than so many are in flight, or none has time: false. */
    synchronized boolean awaitMore(int left) {
        if (inFlight.size() <= left || !haveTime()) {
            return false;
        }
        pause(LOOK_AGAIN);
        return true;
    }

    synchronized List<Invocation> rest() {
        return new ArrayList<>(inFlight);
    }

    private synchronized RuntimeApi.Ending await() {
        while (reason == null) {
            pause(0);
        }
        while (awaitMore(0)) {
            // a moment each
        }
        return reason;
    }

    private boolean haveTime() {
        for (Invocation one : inFlight) {
            if (one.hasTime()) {
                return true;
            }
        }
        return false;
    }

    private void pause(long ms) {
        try {
            wait(ms);
        } catch (InterruptedException again) {
            // nobody interrupts this thread
        }
    }
}
