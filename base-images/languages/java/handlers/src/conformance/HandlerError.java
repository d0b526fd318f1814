package conformance;

/** The contract's own type of error. */
public class HandlerError extends RuntimeException {
    private static final long serialVersionUID = 1;

    public HandlerError(String message) {
        super(message);
    }

    static HandlerError deepest(String message) {
        return new HandlerError(message);
    }
}
