import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** A Runtime API of three events, for the run that finds out which classes the archive should hold. */
final class Api {
    public static void main(String[] arguments) throws Exception {
        int events = 0;
        try (ServerSocket server = new ServerSocket(Integer.parseInt(arguments[0]), 5, InetAddress.getLoopbackAddress())) {
            Socket socket = server.accept();
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] buffer = new byte[65536];
            while (true) {
                int read = in.read(buffer);
                String said = read < 0 ? "" : new String(buffer, 0, read, "ISO-8859-1");
                if (said.startsWith("GET") && events++ < 3) {
                    String body = "{\"text\":\"x\\n\u00e9\",\"list\":[1,2.5,null,true],\"map\":{\"a\":12345678901}}";
                    byte[] bytes = body.getBytes("UTF-8");
                    out.write(("HTTP/1.1 200 OK\r\nContent-Length: " + bytes.length + "\r\nLambda-Runtime-Aws-Request-Id: 1\r\n"
                            + "Lambda-Runtime-Deadline-Ms: 9999999999999\r\nLambda-Runtime-Trace-Id: Root=1\r\n\r\n").getBytes("UTF-8"));
                    out.write(bytes);
                } else if (said.startsWith("POST")) {
                    out.write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".getBytes("UTF-8"));
                } else {
                    return;
                }
            }
        }
    }
}
