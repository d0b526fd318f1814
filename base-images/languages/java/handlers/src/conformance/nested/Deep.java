package conformance.nested;

public class Deep {
    public Object handle(Object event) {
        return event;
    }
}
