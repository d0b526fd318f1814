package lambdaimage.crac;

/** The same shape as org.crac.RestoreException. */
public class RestoreException extends Exception {
    private static final long serialVersionUID = 1;

    public RestoreException() {
        super();
    }

    public RestoreException(String message) {
        super(message);
    }
}
