package conformance;

public class HookAfterRaise {
    static {
        Hook.register(() -> { }, () -> {
            throw new HandlerError("after hook");
        });
    }

    public Object handle(Object event) {
        return event;
    }
}
