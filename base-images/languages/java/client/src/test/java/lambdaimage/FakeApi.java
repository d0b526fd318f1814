package lambdaimage;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** Answers requests with the given blocks in turn, whichever connection they come on, and keeps what it was sent. */
final class FakeApi implements AutoCloseable {
    private static final String RESET = "\0";

    final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
    /** Opens once a connection was reset. */
    final CountDownLatch reset = new CountDownLatch(1);
    private final ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    private final Deque<String> answers;

    FakeApi(String... answers) throws IOException {
        this.answers = new ArrayDeque<>(List.of(answers));
        Thread thread = new Thread(this::serve);
        thread.setDaemon(true);
        thread.start();
    }

    static String answer(int status, String body, String... fields) {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Whatever\r\nContent-Length: " + body.length() + "\r\n");
        for (String field : fields) {
            head.append(field).append("\r\n");
        }
        return head + "\r\n" + body;
    }

    static String event(String body) {
        return answer(200, body, "Lambda-Runtime-Aws-Request-Id: a");
    }

    /** An answer after which the connection is reset. */
    static String thenReset(String answer) {
        return RESET + answer;
    }

    String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    RuntimeApi api() {
        return new RuntimeApi(address(), "agent");
    }

    private void serve() {
        while (!answers.isEmpty()) {
            boolean resets = false;
            try (Socket socket = server.accept()) {
                String request = read(socket.getInputStream());
                while (request != null) {
                    requests.add(request);
                    String answer = answers.poll();
                    if (answer == null) {
                        break;
                    }
                    resets = answer.startsWith(RESET);
                    socket.getOutputStream().write(answer.substring(resets ? 1 : 0).getBytes(StandardCharsets.ISO_8859_1));
                    if (resets) {
                        socket.setSoLinger(true, 0); // closing is a reset then
                        break;
                    }
                    request = read(socket.getInputStream());
                }
            } catch (IOException gone) {
                // the next connection, perhaps
            }
            if (resets) {
                reset.countDown();
            }
        }
        close(); // whoever asks for more is refused, and waits for nothing
    }

    /** One request, by its own framing; null where there is none. */
    private static String read(InputStream input) throws IOException {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        while (true) {
            String text = said.toString(StandardCharsets.ISO_8859_1);
            int head = text.indexOf("\r\n\r\n");
            if (head >= 0) {
                int at = text.indexOf("Content-Length: ");
                boolean chunked = text.contains("Transfer-Encoding: chunked");
                int length = at < 0 ? 0 : Integer.parseInt(text.substring(at + 16, text.indexOf("\r\n", at)));
                boolean ended = text.indexOf("\r\n0\r\n") > 0 && text.endsWith("\r\n\r\n");
                if (chunked ? ended : text.length() == head + 4 + length) {
                    return text;
                }
            }
            int one = input.read();
            if (one < 0) {
                return null;
            }
            said.write(one);
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException gone) {
            // closed is all that was wanted
        }
    }
}
