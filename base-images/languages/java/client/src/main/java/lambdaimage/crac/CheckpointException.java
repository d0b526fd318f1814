package lambdaimage.crac;

/** The same shape as org.crac.CheckpointException. */
public class CheckpointException extends Exception {
    private static final long serialVersionUID = 1;

    public CheckpointException() {
        super();
    }

    public CheckpointException(String message) {
        super(message);
    }
}
