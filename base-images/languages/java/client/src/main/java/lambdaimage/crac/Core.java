package lambdaimage.crac;

import lambdaimage.SnapStart;

/** What org.crac.Core finds by the property org.crac.Core.Compat. */
public final class Core {
    private static final Context<Resource> GLOBAL = new Context<Resource>() {
        @Override
        public void beforeCheckpoint(Context<? extends Resource> context) {
            // the client calls each resource itself
        }

        @Override
        public void afterRestore(Context<? extends Resource> context) {
            // the client calls each resource itself
        }

        @Override
        public void register(Resource resource) {
            SnapStart.register(resource);
        }
    };

    private Core() {}

    public static Context<Resource> getGlobalContext() {
        return GLOBAL;
    }

    public static void checkpointRestore() {
        throw new UnsupportedOperationException("Lambda decides when a snapshot is taken");
    }
}
