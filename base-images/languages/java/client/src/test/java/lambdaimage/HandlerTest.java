package lambdaimage;

import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;

/** Handler strings, and which types a method may have. */
final class HandlerTest {
    private HandlerTest() {}

    public static class Base<I, O> {
        public O handle(I event) {
            return null;
        }
    }

    public static final class Typed extends Base<List<Integer>, Map<String, Long>> {}

    public static final class Function {
        public void thread(Thread event) {}

        public Thread result(String event) {
            return null;
        }

        public void nested(Map<String, List<java.io.InputStream>> event) {}

        public void streams(InputStream input, OutputStream output) {}

        public int input(InputStream input) throws java.io.IOException {
            return input.readAllBytes().length;
        }

        public void output(OutputStream output) throws java.io.IOException {
            output.write('x');
        }

        public void noNull(java.util.concurrent.ConcurrentHashMap<String, Object> event) {}

        public static int fixed() {
            return 1;
        }

        public void two(String one, String two) {}
    }

    public static final class Unmade {
        public Unmade() {
            throw new IllegalStateException("not today");
        }
    }

    public static final class Takes {
        public void handle(Unmade event) {}
    }

    public abstract static class Abstract {
        public void handle(Object event) {}
    }

    public static final class Arguments {
        public Arguments(int needed) {}

        public void handle(Object event) {}
    }

    private static Invocation invocation(String event) {
        Connection.Answer answer = new Connection.Answer(200, new String[] {"lambda-runtime-aws-request-id", "r"});
        answer.body = event.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        return new Invocation(answer);
    }

    private static Handler load(Class<?> type, String method) throws Throwable {
        return Handler.load(type.getName() + (method == null ? "" : "::" + method), new FunctionLoader("/none"));
    }

    private static void refused(String kind, Class<?> type, String method, String word) {
        Failure.Own wrong = Tests.fails(Failure.Own.class, () -> load(type, method), type.getSimpleName() + "::" + method);
        Tests.equal(kind, wrong.kind, "the type");
        Tests.equal(true, wrong.getMessage().contains(word), wrong.getMessage() + " names " + word);
    }

    static void whatHasNoFormInJsonIsAnErrorAtInitThatNamesIt() {
        refused("Runtime.InitError", Function.class, "thread", "java.lang.Thread");
        refused("Runtime.InitError", Function.class, "result", "java.lang.Thread");
        refused("Runtime.InitError", Function.class, "nested", "java.io.InputStream");
        refused("Runtime.InitError", Takes.class, "handle", "not today");
    }

    static void whatIsNoHandlerIsToldApart() {
        refused("Runtime.HandlerNotFound", Function.class, "nothere", "nothere");
        refused("Runtime.HandlerNotFound", Function.class, "two", "two");
        refused("Runtime.HandlerNotFound", Function.class, null, "RequestHandler");
        refused("Runtime.HandlerNotFound", Abstract.class, "handle", "abstract");
        refused("Runtime.HandlerNotFound", Arguments.class, "handle", "constructor");
        for (String name : new String[] {"", "a b", "a::", "::b", "a.", ".a", "a::b::c", "1a"}) {
            Failure.Own wrong = Tests.fails(Failure.Own.class, () -> Handler.load(name, new FunctionLoader("/none")), name);
            Tests.equal("Runtime.MalformedHandlerName", wrong.kind, "the handler " + name);
        }
        Failure.Own missing = Tests.fails(Failure.Own.class, () -> Handler.load("no.Such::handle", new FunctionLoader("/none")), "no class");
        Tests.equal("Runtime.ImportModuleError", missing.kind, "a class that is not there");
    }

    static void formsOfMethodsAreTaken() throws Throwable {
        Tests.equal(true, load(Function.class, "streams").streams(), "streams");
        Tests.equal(1, load(Function.class, "fixed").call(null), "a static method without parameters");
        Tests.equal(false, load(Typed.class, "handle").streams(), "inherited from a generic class");
        Handler input = load(Function.class, "input");
        Tests.equal(false, input.streams(), "an InputStream alone");
        Tests.equal(3, input.call(invocation("[1]")), "an InputStream alone");
        Handler output = load(Function.class, "output");
        Tests.equal(true, output.streams(), "an OutputStream alone");
        Handler noNull = load(Function.class, "noNull");
        Failure.Own wrong = Tests.fails(Failure.Own.class, () -> noNull.call(invocation("{\"a\":null}")), "a map that takes no null");
        Tests.equal("Runtime.UnmarshalError", wrong.kind, "a map that takes no null");
        java.io.ByteArrayOutputStream written = new java.io.ByteArrayOutputStream();
        output.stream(invocation("[1]"), written);
        Tests.equal("x", written.toString(), "an OutputStream alone");
    }
}
