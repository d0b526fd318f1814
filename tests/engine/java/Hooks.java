package field;

import java.util.ArrayList;
import java.util.List;
import org.crac.Context;
import org.crac.Core;
import org.crac.Resource;

/** Resources of SnapStart as AWS's guide has them; one registers another when the snapshot is near. */
public final class Hooks {
    private static final List<String> SEEN = new ArrayList<>();
    private static final List<Resource> KEPT = new ArrayList<>(); // org.crac itself holds them weakly

    static {
        register("1", "late");
        register("2", null);
    }

    public static List<String> told(Object event) {
        return SEEN;
    }

    private static void register(String name, String more) {
        Resource resource = new Resource() {
            @Override
            public void beforeCheckpoint(Context<? extends Resource> context) {
                SEEN.add("before " + name);
                if (more != null) {
                    register(more, null);
                }
            }

            @Override
            public void afterRestore(Context<? extends Resource> context) {
                SEEN.add("after " + name);
            }
        };
        KEPT.add(resource);
        Core.getGlobalContext().register(resource);
    }
}
