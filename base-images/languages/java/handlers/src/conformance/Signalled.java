package conformance;

public class Signalled {
    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            System.out.println("sigterm hook ran");
            System.out.flush();
        }));
    }

    public Object handle(Object event) {
        return event;
    }
}
