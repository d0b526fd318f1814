package field;

/** A library of a layer by the name of System.loadLibrary, which is linked with another one. */
public final class Native {
    static {
        System.loadLibrary("native");
    }

    private Native() {}

    private static native int told();

    public static int[] handle(Object event) {
        return new int[] {told()};
    }
}
