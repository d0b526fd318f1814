package lambdaimage;

import java.io.IOException;
import java.util.Map;

/** The loop with a Runtime API of the tests' own. */
final class LoopTest {
    private LoopTest() {}

    public static final class Function {
        public Object handle(Object event) {
            return event;
        }

        public String fail(Object event) {
            Throwable inner = new IllegalStateException("inner \" \n \u0001");
            RuntimeException outer = new RuntimeException("outer", inner);
            inner.initCause(outer);
            throw outer;
        }
    }

    static final class Mute extends RuntimeException {
        private static final long serialVersionUID = 1;
        private final String part;

        Mute(String part) {
            this.part = part;
        }

        private void speak(String asked) {
            if (part.equals(asked)) {
                throw new IllegalStateException();
            }
        }

        @Override
        public String getMessage() {
            speak("message");
            return "said";
        }

        @Override
        public synchronized Throwable getCause() {
            speak("cause");
            return part.equals("causes") ? new Mute("causes") : null;
        }

        @Override
        public StackTraceElement[] getStackTrace() {
            speak("stack");
            return null;
        }
    }

    static Loop loop(FakeApi fake, boolean worker) throws Exception {
        return loop(fake, worker, "handle");
    }

    private static Loop loop(FakeApi fake, boolean worker, String method) throws Exception {
        Handler handler;
        try {
            handler = Handler.load(Function.class.getName() + "::" + method, new FunctionLoader("/none"));
        } catch (Throwable wrong) {
            throw new AssertionError(wrong);
        }
        return new Loop(fake.api(), handler, worker ? new Concurrency() : null);
    }

    private static String result(String method, String... answers) throws Exception {
        Logs.start(false, null);
        try (FakeApi fake = new FakeApi(answers)) {
            Tests.fails(RuntimeApi.Ending.class, () -> loop(fake, false, method).run(), "the loop ends with the API");
            fake.requests.take();
            return fake.requests.take();
        }
    }

    static void eventComesBack() throws Exception {
        String sent = result("handle", FakeApi.event("{\"a\":[1,2.50,null]}"), FakeApi.answer(202, ""));
        Tests.equal("{\"a\":[1,2.5,null]}", sent.substring(sent.indexOf("\r\n\r\n") + 4), "the result");
    }

    static void causesAreToldAndTheirCyclesEnd() throws Exception {
        String sent = result("fail", FakeApi.event("1"), FakeApi.answer(202, ""));
        Map<?, ?> body = (Map<?, ?>) Tests.json(sent.substring(sent.indexOf("\r\n\r\n") + 4));
        Tests.equal("outer", body.get("errorMessage"), "the message");
        Tests.equal("java.lang.RuntimeException", body.get("errorType"), "the type");
        Map<?, ?> cause = (Map<?, ?>) body.get("cause");
        Tests.equal("inner \" \n \u0001", cause.get("errorMessage"), "the cause's message");
        Tests.equal("java.lang.IllegalStateException", cause.get("errorType"), "the cause's type");
        Tests.equal(null, cause.get("cause"), "what was told already");
    }

    static void errorThatCannotBeReadIsToldWithWhatCan() {
        for (String part : new String[] {"message", "cause", "stack", "causes"}) {
            Failure failure = new Failure(new Mute(part));
            Tests.equal(part.equals("message"), failure.message.contains("cannot be read"), part);
            Tests.equal(true, failure.body().length > 0, part);
        }
    }

    static void resultIsSentAgainOnlyIfItWasLostOnAKeptConnection() throws Exception {
        String close = FakeApi.answer(200, "1", "Lambda-Runtime-Aws-Request-Id: a", "Connection: close");
        String sent = result("handle", close, FakeApi.answer(202, ""));
        Tests.equal(true, sent.contains("/invocation/a/response"), "the result goes over a new connection");
    }

    static void resultThatCouldNotBeWrittenIsSentOnceMoreAsItIs() throws Exception {
        String event = FakeApi.thenReset(FakeApi.answer(200, "1"));
        try (FakeApi fake = new FakeApi(event, FakeApi.answer(202, ""), FakeApi.answer(200, "2"))) {
            Connection connection = fake.api().connection();
            Bytes get = fake.api().get("invocation/next");
            connection.roundTrip(get, null, 0);
            fake.reset.await();
            connection.roundTrip(fake.api().startError("init/error", "Runtime.Any", 1), new byte[] {'7'}, 1);
            connection.roundTrip(get, null, 0);
            Tests.equal(true, fake.requests.take().startsWith("GET "), "the first request");
            Tests.equal(true, fake.requests.take().endsWith("\r\n\r\n7"), "the body is there once");
            Tests.equal(true, fake.requests.take().startsWith("GET "), "nothing stands before the next request");
        }
    }

    static void whatIsWrittenWhenTheHandlerHasReturnedReachesNoOtherRequest() throws Exception {
        String taken = FakeApi.answer(202, "", "Connection: close");
        try (FakeApi fake = new FakeApi(taken, FakeApi.answer(200, "1"), FakeApi.answer(200, "2"))) {
            Connection connection = fake.api().connection();
            Bytes get = fake.api().get("invocation/next");
            ResponseStream stream = stream(fake, connection);
            stream.accept("text/plain\r\nX-Injected: \u010d\u010a");
            stream.write('a');
            stream.over();
            Tests.fails(IOException.class, () -> stream.write('b'), "the handler has returned");
            stream.end(null);
            connection.roundTrip(get, null, 0);
            Tests.fails(IOException.class, () -> stream.write('c'), "the connection is another's");
            connection.roundTrip(get, null, 0);
            String sent = fake.requests.take();
            Tests.equal(true, sent.contains("\r\nContent-Type: text/plain??X-Injected: ??\r\n"), "one line");
            Tests.equal(true, sent.endsWith("\r\n\r\n1\r\na\r\n0\r\n\r\n"), "what was in time");
            Tests.equal(get.toString(), fake.requests.take(), "the next request");
            Tests.equal(get.toString(), fake.requests.take(), "the one after it");
        }
    }

    static void outputThatWasSentAsAWholeBecomesNoStream() throws Exception {
        try (FakeApi fake = new FakeApi()) {
            ResponseStream stream = stream(fake, fake.api().connection());
            stream.over();
            Tests.fails(IllegalStateException.class, () -> stream.accept("text/plain"), "it is too late");
            stream.write('a');
        }
    }

    private static ResponseStream stream(FakeApi fake, Connection connection) {
        Connection.Answer event = new Connection.Answer(200, new String[] {RuntimeApi.REQUEST_ID, "a"});
        return new ResponseStream(connection, fake.api(), new Invocation(event));
    }

    static void theEndOfSeveralWaitsForNoneThatHasNoTime() throws Exception {
        Concurrency group = new Concurrency();
        Invocation over = invocation(-1);
        Invocation inTime = invocation(60_000);
        group.begin(over);
        Tests.equal(false, group.awaitMore(0), "one that has no time is in flight");
        group.begin(inTime);
        Tests.equal(true, group.awaitMore(0), "one has time");
        Tests.equal(true, group.awaitMore(1), "two are in flight, one may be left");
        group.end(over);
        Tests.equal(false, group.awaitMore(1), "one is in flight, which may be left");
        group.end(inTime);
        Tests.equal(false, group.awaitMore(0), "none is in flight");
    }

    private static Invocation invocation(long ms) {
        String deadline = Long.toString(System.currentTimeMillis() + ms);
        String[] fields = {RuntimeApi.REQUEST_ID, "a", RuntimeApi.DEADLINE, deadline};
        return new Invocation(new Connection.Answer(200, fields));
    }
}
