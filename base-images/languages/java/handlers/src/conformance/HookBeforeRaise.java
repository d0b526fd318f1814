package conformance;

public class HookBeforeRaise {
    static {
        Hook.register(() -> {
            throw new HandlerError("before hook");
        }, () -> { });
    }

    public Object handle(Object event) {
        return event;
    }
}
