package conformance;

import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** A resource that runs what it is given; kept, since providers may hold resources weakly. */
final class Hook implements Resource {
    private static final java.util.List<Hook> KEPT = new java.util.ArrayList<>();
    private final Runnable before;
    private final Runnable after;

    private Hook(Runnable before, Runnable after) {
        this.before = before;
        this.after = after;
    }

    static void register(Runnable before, Runnable after) {
        Hook hook = new Hook(before, after);
        KEPT.add(hook);
        Core.getGlobalContext().register(hook);
    }

    @Override
    public void beforeCheckpoint(Context<? extends Resource> context) {
        before.run();
    }

    @Override
    public void afterRestore(Context<? extends Resource> context) {
        after.run();
    }
}
