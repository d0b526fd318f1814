package lambdaimage.crac;

/** What wants to know of snapshots; the same shape as org.crac.Resource. */
public interface Resource {
    void beforeCheckpoint(Context<? extends Resource> context) throws Exception;

    void afterRestore(Context<? extends Resource> context) throws Exception;
}
