package conformance;

public class BrokenRaise {
    static {
        System.out.println("about to fail");
        fail();
    }

    private static void fail() {
        throw new HandlerError("init failed");
    }

    public Object handle(Object event) {
        return event;
    }
}
