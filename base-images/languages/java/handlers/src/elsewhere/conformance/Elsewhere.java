package conformance;

public class Elsewhere {
    public String handle(Object event) {
        return "elsewhere";
    }
}
