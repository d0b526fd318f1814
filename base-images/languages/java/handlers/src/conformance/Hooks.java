package conformance;

public class Hooks {
    static {
        for (int n = 1; n <= 3; n++) {
            int number = n;
            Hook.register(() -> System.out.println("before " + number), () -> System.out.println("after " + number));
        }
    }

    public Object hooks(Object event) {
        return event;
    }
}
