package lambdaimage;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** What the clients of all languages agree on: inputs and exact bytes. */
final class VectorsTest {
    private VectorsTest() {}

    private static byte[] latin(Object text) {
        return ((String) text).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] latin) {
        return new String(latin, StandardCharsets.ISO_8859_1);
    }

    static void answersAreReadHoweverTheyAreCut() throws Exception {
        for (Map<String, Object> vector : Tests.vectors("answers")) {
            for (int cut : new int[] {1, 3, 1_000_000}) {
                String what = vector.get("name") + ", cut at " + cut;
                try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    Connection connection = new Connection("127.0.0.1", server.getLocalPort());
                    connection.open();
                    send(server.accept(), latin(vector.get("bytes")), cut);
                    if (vector.get("status") == null) {
                        Tests.fails(IOException.class, connection::read, what);
                    } else {
                        check(vector, connection.read(), what);
                        // bytes that nobody asked for are seen only if they are there already
                        if (cut > 3 || Boolean.TRUE.equals(vector.get("reusable"))) {
                            Tests.equal(vector.get("reusable"), connection.isOpen(), what);
                        }
                    }
                    connection.drop();
                }
            }
        }
    }

    /** What is kept of one answer is not taken for what another says: each pair, on one connection. */
    static void oneAnswerSaysNothingOfTheNext() throws Exception {
        List<Map<String, Object>> vectors = Tests.vectors("answers");
        for (Map<String, Object> first : vectors) {
            for (Map<String, Object> second : vectors) {
                if (!Boolean.TRUE.equals(first.get("reusable")) || second.get("status") == null) {
                    continue;
                }
                String what = second.get("name") + ", after " + first.get("name");
                try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    Connection connection = new Connection("127.0.0.1", server.getLocalPort());
                    connection.open();
                    try (Socket socket = server.accept()) {
                        socket.getOutputStream().write(latin(first.get("bytes")));
                        check(first, connection.read(), what);
                        socket.getOutputStream().write(latin(second.get("bytes")));
                        socket.shutdownOutput();
                        Connection.Answer answer = connection.read();
                        check(second, answer, what);
                        Tests.equal(second.get("reusable"), connection.isOpen(), what);
                        Tests.equal(fieldsOf(second), List.of(answer.fields), what);
                    }
                    connection.drop();
                }
            }
        }
    }

    private static List<String> fieldsOf(Map<String, Object> vector) throws IOException {
        byte[] bytes = latin(vector.get("bytes"));
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Connection connection = new Connection("127.0.0.1", server.getLocalPort());
            connection.open();
            send(server.accept(), bytes, bytes.length);
            List<String> fields = List.of(connection.read().fields);
            connection.drop();
            return fields;
        }
    }

    private static void send(Socket socket, byte[] bytes, int cut) {
        Thread thread = new Thread(() -> {
            try (socket; OutputStream out = socket.getOutputStream()) {
                socket.setTcpNoDelay(true);
                for (int at = 0; at < bytes.length; at += cut) {
                    out.write(bytes, at, Math.min(cut, bytes.length - at));
                }
            } catch (IOException refused) {
                // what is no HTTP is not read to its end
            }
        });
        thread.start();
    }

    private static void check(Map<String, Object> vector, Connection.Answer answer, String what) {
        Tests.equal(vector.get("status"), answer.status, what);
        Tests.equal(vector.get("body"), text(answer.body), what);
        for (Map.Entry<?, ?> field : ((Map<?, ?>) vector.get("headers")).entrySet()) {
            Tests.equal(field.getValue(), answer.get((String) field.getKey()), what);
        }
    }

    private static Invocation invocation(Map<String, Object> vector) {
        String id = (String) vector.get("invocation_id");
        String[] fields = {RuntimeApi.REQUEST_ID, (String) vector.get("request_id"), RuntimeApi.INVOCATION_ID, id == null ? "" : id};
        Connection.Answer answer = new Connection.Answer(200, fields);
        answer.body = new byte[0];
        return new Invocation(answer);
    }

    static void requestsAreTheseBytes() throws Exception {
        for (Map<String, Object> vector : Tests.vectors("requests")) {
            String got;
            String address;
            try (FakeApi fake = new FakeApi(FakeApi.answer(202, ""))) {
                address = fake.address();
                call(fake.api(), vector);
                got = fake.requests.take();
            }
            String expected = ((String) vector.get("bytes")).replace("{host}", address).replace("{agent}", "agent");
            Tests.equal(expected, got, "call " + vector.get("call"));
        }
    }

    private static void call(RuntimeApi api, Map<String, Object> vector) throws Exception {
        String call = (String) vector.get("call");
        String type = (String) vector.get("type");
        byte[] body = vector.get("body") == null ? new byte[0] : latin(vector.get("body"));
        Bytes head = new Bytes(64);
        switch (call) {
            case "next" -> head = api.get("invocation/next");
            case "restore-next" -> head = api.get("restore/next");
            case "response" -> api.response(head, invocation(vector), body.length);
            case "error" -> api.error(head, invocation(vector), type, (String) vector.get("cause"), body.length);
            case "init-error", "restore-error" -> head = api.startError(call.replace('-', '/'), type, body.length);
            case "stream" -> {
                stream(api, vector);
                return;
            }
            default -> throw new AssertionError("the vectors have a call that this test does not know: " + call);
        }
        api.connection().roundTrip(head, body, body.length);
    }

    private static void stream(RuntimeApi api, Map<String, Object> vector) throws Exception {
        Connection connection = api.connection();
        ResponseStream stream = new ResponseStream(connection, api, invocation(vector));
        stream.accept((String) vector.get("content_type"));
        for (Object piece : (List<?>) vector.get("pieces")) {
            stream.write(latin(piece));
        }
        Map<?, ?> trailers = (Map<?, ?>) vector.get("trailers");
        if (trailers == null) {
            stream.end(null);
        } else {
            stream.end((String) trailers.get("type"), latin(trailers.get("body")));
        }
    }

    static void idsGoBackLikeThis() throws Exception {
        for (Map<String, Object> vector : Tests.vectors("ids")) {
            Invocation one = invocation(vector);
            Tests.equal("invocation/" + vector.get("path") + "/response", one.path("response"), "the path");
            Object header = vector.get("header");
            String expected = header == null ? "" : "Lambda-Runtime-Invocation-Id: " + header + "\r\n";
            Tests.equal(expected, one.addAttempt(new Bytes(16)).toString(), "the header");
        }
    }

    static void textsAskForSoManyWorkers() throws Exception {
        for (Map<String, Object> vector : Tests.vectors("concurrency")) {
            String text = (String) vector.get("text");
            Tests.equal(vector.get("workers"), Concurrency.workersOf(text), "the workers of '" + text + "'");
        }
    }

    static void textsArePostedAsTheseBytes() throws Exception {
        for (Map<String, Object> vector : Tests.vectors("texts")) {
            Bytes out = new Bytes(1);
            new JsonWriter(out).value(vector.get("text"));
            byte[] expected = ((String) vector.get("body")).getBytes(StandardCharsets.UTF_8);
            Tests.equal(expected, out.copy(), "the text " + vector.get("text"));
        }
    }

    static void typesBecomeTheseHeaders() throws Exception {
        for (Map<String, Object> vector : Tests.vectors("types")) {
            Tests.equal(vector.get("header"), Failure.categoryOf((String) vector.get("type")), "the type " + vector.get("type"));
        }
    }

    static void framesAreTheseBytes() throws Exception {
        List<String> levels = List.of("UNDEFINED", "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");
        for (Map<String, Object> vector : Tests.vectors("frames")) {
            byte[] message = ((String) vector.get("message")).getBytes(StandardCharsets.UTF_8);
            boolean json = vector.get("format").equals("JSON");
            int level = levels.indexOf(vector.get("level"));
            long time = ((Number) vector.get("microseconds")).longValue();
            StringBuilder hex = new StringBuilder();
            for (byte one : Logs.frame(json, level, time, message, message.length)) {
                hex.append(String.format("%02x", one));
            }
            Tests.equal(vector.get("frame"), hex.toString(), "the frame of " + vector);
        }
    }

    /** What the client does with an answer; to requests for an event and to results, of one loop and of a worker. */
    static void statusesMeanThis() throws Exception {
        for (Map<String, Object> vector : Tests.vectors("statuses")) {
            String call = (String) vector.get("call");
            int status = (Integer) vector.get("status");
            if (call.equals("next")) {
                for (boolean worker : new boolean[] {false, true}) {
                    Object expected = vector.get(worker ? "worker" : "single");
                    Tests.equal(expected, afterNext(status, worker), vector + ", worker: " + worker);
                }
            } else if (call.equals("response") || call.equals("error")) {
                for (boolean worker : new boolean[] {false, true}) {
                    Object expected = vector.get(worker ? "worker" : "single");
                    Tests.equal(expected, afterResult(call, status, worker), vector + ", worker: " + worker);
                }
            } else {
                Tests.equal("exit", vector.get("single"), "the process ends after " + call + ", whatever is answered");
            }
        }
    }

    private static String afterNext(int status, boolean worker) throws Exception {
        String refused = FakeApi.answer(status, "");
        try (FakeApi fake = new FakeApi(refused, FakeApi.event("1"))) {
            RuntimeApi api = fake.api();
            api.next(api.connection(), api.get("invocation/next"), worker);
            return "retry";
        } catch (RuntimeApi.Ending ending) {
            return "exit";
        }
    }

    private static String afterResult(String call, int status, boolean worker) throws Exception {
        Logs.start(false, null);
        String event = FakeApi.event(call.equals("error") ? "{" : "{}");
        try (FakeApi fake = new FakeApi(event, FakeApi.answer(status, ""))) {
            Loop loop = LoopTest.loop(fake, worker);
            Thread thread = new Thread(() -> {
                Tests.fails(RuntimeApi.Ending.class, loop::run, "the loop ends");
                fake.requests.add("exit");
            });
            thread.setDaemon(true);
            thread.start();
            fake.requests.take();
            Tests.equal(true, fake.requests.take().contains("/invocation/a/" + call), "the call is " + call);
            return fake.requests.take().startsWith("GET ") ? "go-on" : "exit";
        }
    }
}
