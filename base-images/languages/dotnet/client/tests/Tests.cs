// The client's own tests: a program that is compiled together with its sources (test.sh) and says what failed.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Threading;

namespace LambdaImage.Client.Tests
{
    internal static class Tests
    {
        private static readonly Encoding Latin1 = Encoding.GetEncoding(28591);
        private static string vectors;
        private static int failures;

        private static int Main(string[] arguments)
        {
            vectors = arguments[0];
            Each("answers.json", Answers);
            Each("requests.json", Requests);
            Each("texts.json", Texts);
            Each("types.json", one => Equal(one.Text("header"), Fault.KindOf(one.Text("type"))));
            Each("concurrency.json", one => Equal(one.GetProperty("workers").GetInt32(), Concurrency.WorkersOf(one.Text("text"))));
            Each("ids.json", Ids);
            Each("frames.json", Frames);
            Named("a kept connection that was closed is opened again, once", KeptConnection);
            Named("a request is not sent again once an answer has begun", BegunAnswer);
            Named("a content type keeps to its line", () => Equal("a??X: ??", Pieces.OneLine("a\r\nX: \u010d\u010a")));
            Named("a stream that is an event keeps its bytes", OwnBytes);
            Named("a stream that the end of the process broke off ends once, with trailers", BrokenStream);
            Named("a cause for X-Ray of 64 KiB is left out", LongCause);
            Named("an error that cannot say its message is told", Speechless);
            Named("an error is told with its cause, a wrapper is not", Causes);
            Named("messages are filled in", Messages);
            Named("lines are tidy", Tidy);
            HandlerTests.Run(arguments[1]);
            Console.WriteLine(failures == 0 ? "all passed" : failures + " failed");
            return failures == 0 ? 0 : 1;
        }

        // -- vectors ---------------------------------------------------------------------------------------------

        private static void Answers(JsonElement one)
        {
            byte[] bytes = Latin1.GetBytes(one.Text("bytes"));
            foreach (int cut in new[] { 1, 3, 7, 10_000 })
            {
                using (var server = new OneAnswer(bytes, cut))
                {
                    try
                    {
                        Answer answer = server.Read();
                        if (one.TryGetProperty("error", out JsonElement _)) throw new Exception("an error was expected");
                        Equal(one.GetProperty("status").GetInt32(), answer.Status);
                        ArraySegment<byte> body = answer.Body;
                        Equal(one.Text("body"), body.Count == 0 ? "" : Latin1.GetString(body.Array, body.Offset, body.Count));
                        foreach (JsonProperty header in one.GetProperty("headers").EnumerateObject())
                        {
                            if (header.Name != "content-length") Equal(header.Value.GetString(), answer.Header(header.Name));
                        }
                        // Bytes that nobody asked for are seen only if they are there with what was asked for.
                        bool reusable = one.GetProperty("reusable").GetBoolean();
                        if (reusable || cut > 7) Equal(reusable, answer.Reusable);
                    }
                    catch (IOException) when (one.TryGetProperty("error", out JsonElement _))
                    {
                    }
                }
            }
        }

        private static void Requests(JsonElement one)
        {
            if (one.TryGetProperty("trailers", out JsonElement _)) return; // of an error of the test's own choice
            using (var server = new Recorder())
            {
                var api = new RuntimeApi(server.Address);
                Invocation invocation = one.TryGetProperty("request_id", out JsonElement id)
                    ? Arrived(id.GetString(), one.TextOr("invocation_id", null))
                    : null;
                switch (one.Text("call"))
                {
                    case "next": api.Next(); break;
                    case "restore-next": api.RestoreNext(); break;
                    case "response": api.Response(invocation, new ArraySegment<byte>(Encoding.UTF8.GetBytes(one.Text("body")))); break;
                    case "stream": Streamed(api, invocation, one); break;
                    default: return; // errors: the body is the client's own; their heads are in the suite
                }
                string expected = one.Text("bytes").Replace("{host}", server.Address).Replace("{agent}", RuntimeApi.UserAgent);
                Equal(expected, server.Received());
            }
        }

        private static void Streamed(RuntimeApi api, Invocation invocation, JsonElement one)
        {
            Upload upload = api.Stream(invocation, one.Text("content_type"));
            upload.Run(() =>
            {
                foreach (JsonElement piece in one.GetProperty("pieces").EnumerateArray())
                    upload.Write(new ArraySegment<byte>(Encoding.UTF8.GetBytes(piece.GetString())));
            });
        }

        private static void Texts(JsonElement one)
        {
            var own = new ByteBuffer(1);
            JsonText.Write(own, one.Text("text"));
            Equal(one.Text("body"), Encoding.UTF8.GetString(own.Array, 0, own.Length));
            var serializer = new JsonSerializing(typeof(object), typeof(object));
            ArraySegment<byte> written = serializer.Write(new[] { one.Text("text") });
            Equal("[" + one.Text("body") + "]", Encoding.UTF8.GetString(written.Array, written.Offset, written.Count));
        }

        private static void Ids(JsonElement one)
        {
            Equal(one.Text("path"), Invocation.PathOf(one.Text("request_id")));
            string given = one.TextOr("invocation_id", null);
            if (given != null && given.Contains("\n")) return; // no answer could carry it
            string header = one.TextOr("header", null);
            Equal(header == null ? "" : "Lambda-Runtime-Invocation-Id: " + header + "\r\n", Arrived("1", given).OwnHeaders);
        }

        private static void Frames(JsonElement one)
        {
            int level = Logs.LevelOf(one.Text("level")) + 1;
            byte[] frame = Telemetry.Frame(
                one.Text("format") == "JSON", level, one.GetProperty("microseconds").GetInt64(),
                new ArraySegment<byte>(Encoding.UTF8.GetBytes(one.Text("message"))));
            Equal(one.Text("frame"), string.Concat(frame.Select(b => b.ToString("x2"))));
        }

        // -- the connection --------------------------------------------------------------------------------------

        private static void KeptConnection()
        {
            using (var server = new Recorder { Answers = 1 })
            {
                var api = new RuntimeApi(server.Address);
                for (int n = 0; n < 5; n++) Equal(200, api.Next().Status);
            }
        }

        private static void BegunAnswer()
        {
            using (var server = new Recorder { Says = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", Answers = 1 })
            {
                try
                {
                    new RuntimeApi(server.Address).Next();
                    throw new Exception("half an answer was taken for one");
                }
                catch (ApiException)
                {
                    Equal(1, server.Connections);
                }
            }
        }

        private static void OwnBytes()
        {
            MethodInfo method = typeof(Tests).GetMethod("OwnBytes", BindingFlags.NonPublic | BindingFlags.Static);
            Serializer serializer = Serializer.For(method, null, typeof(Stream), typeof(string));
            byte[] buffer = Encoding.ASCII.GetBytes("..first..");
            var read = (Stream)serializer.Read(new ArraySegment<byte>(buffer, 2, 5));
            Array.Fill(buffer, (byte)'x'); // the next event
            Equal("first", new StreamReader(read).ReadToEnd());
        }

        private static void BrokenStream()
        {
            using (var server = new Recorder())
            {
                Upload upload = new RuntimeApi(server.Address).Stream(Arrived("1", null), "text/plain");
                var broken = new ManualResetEventSlim();
                var handler = new Thread(() => upload.Run(() =>
                {
                    upload.Write(new ArraySegment<byte>(new[] { (byte)'a' }));
                    broken.Wait();
                    upload.Write(new ArraySegment<byte>(new[] { (byte)'b' })); // never returns: the process ends
                })) { IsBackground = true };
                handler.Start();
                while (!server.Received().EndsWith("a\r\n")) Thread.Sleep(1);
                var fault = new Fault(new RuntimeError("Runtime.ExitError", "ended"));
                Equal(true, upload.Break(fault));
                Equal(false, upload.Break(fault));
                broken.Set();
                Equal(false, handler.Join(100));
                var lost = new RuntimeApi("127.0.0.1:1").Stream(Arrived("1", null), "text/plain");
                try
                {
                    lost.Run(() => { });
                    throw new Exception("nobody listens there");
                }
                catch (ApiException)
                {
                    Equal(false, lost.Break(fault));
                }
                Equal(true, server.Received().EndsWith("\r\n1\r\na\r\n0\r\n" + fault.Trailers() + "\r\n"));
            }
        }

        // -- errors and logs -------------------------------------------------------------------------------------

        private static void LongCause()
        {
            Equal(false, new Fault(new Exception(new string('x', 65_500))).Headers().Contains("XRay"));
            Equal(true, new Fault(new Exception("short\r\n\u0000é")).Headers().Contains("short\\r\\n\\u0000\\u00e9"));
        }

        private static void Speechless() =>
            Equal("the error's message cannot be read: NotSupportedException", new Fault(new Mute()).Message);

        private static void Causes()
        {
            var thrown = new Exception("outer", new ArgumentException("inner", new InvalidOperationException("first")));
            ArraySegment<byte> body = new Fault(new AggregateException(thrown)).Body;
            string none = ",\"stackTrace\":[]";
            Equal(
                "{\"errorType\":\"Exception\",\"errorMessage\":\"outer\"" + none
                + ",\"cause\":{\"errorType\":\"ArgumentException\",\"errorMessage\":\"inner\"" + none
                + ",\"cause\":{\"errorType\":\"InvalidOperationException\",\"errorMessage\":\"first\"" + none + "}}}",
                Encoding.UTF8.GetString(body.Array, body.Offset, body.Count));
        }

        /// <summary>What is written of a message, and the members that its record has for its arguments.</summary>
        private static void Message(string filled, string members, string template, params object[] arguments)
        {
            var made = new Template(template, arguments);
            Equal(filled.Replace('\'', '"'), made.Filled());
            var record = new ByteBuffer(16);
            made.Members(record);
            Equal("," + members.Replace('\'', '"'), Encoding.UTF8.GetString(record.Array, 0, record.Length));
        }

        private sealed class Unwritable
        {
            public int Number => throw new IOException("no number");

            public override string ToString() => throw new IOException("no text");
        }

        private static void Messages()
        {
            Message("Ann is 7.00, {b}", "'name':'Ann','age':'7.00'", "{name} is {age:N2}, {b}", "Ann", 7);
            Message("null { }", "'x':null", "{x} { }", new object[] { null });
            Message("{x} is {7}", "'n':7", "{{x}} is {{{n}}}", 7);
            Message("b before a, b", "'1':'b','0':'a'", "{1} before {0}, {1}", "a", "b");
            Message("1 2 True 1.5", "'n':1,'m':2,'yes':true,'d':1.5", "{n} {m} {yes} {d}", 1L, (byte)2, true, 1.5m);
            Message("NaN Read", "'n':'NaN','e':'Read'", "{n} {e}", double.NaN, FileAccess.Read);
            Message("1970-01-01T00:00:00.000Z", "'t':'1970-01-01T00:00:00.000Z'", "{t}", DateTime.UnixEpoch);
            Message("[1,null] {'a':'b'}", "'l':[1,null],'m':{'a':'b'}", "{l} {m}", new object[] { 1, null },
                new Dictionary<string, string> { ["a"] = "b" });
            Message("{'Number':1}", "'order':{'Number':1}", "{@order}", new { Number = 1 });
            Message("1 2", "'n':1", "{n} {n}", 1, 2); // no name comes twice
            Message("1 2", "'x':2", "{message} {x}", 1, 2); // and the record's own are its own
            string bad = "(a Unwritable that cannot be written: IOException)";
            Message(bad + bad, "'a':'" + bad + "','b':'" + bad + "'", "{a}{@b}", new Unwritable(), new Unwritable());
            bad = "(a Int32 that cannot be written: FormatException)"; // by no such format
            Message(bad, "'n':'" + bad + "'", "{n:Q}", 1);
            var circle = new Dictionary<string, object>();
            circle["self"] = circle;
            if (new Template("{c}", new object[] { circle }).Filled().Length > 200) throw new Exception("a circle has no end");
        }

        private static void Tidy()
        {
            string sources = Path.Combine(vectors, "../languages/dotnet");
            foreach (string file in Directory.GetFiles(sources, "*.cs", SearchOption.AllDirectories))
            {
                string text = File.ReadAllText(file);
                foreach (string line in text.Split('\n'))
                {
                    if (line.Length > 140 || line.EndsWith(" ") || line.Contains("\t") || line.EndsWith("\r"))
                        throw new Exception(file + ": " + line);
                }
                if (!text.EndsWith("\n") || text.EndsWith("\n\n") || text.Contains("\n\n\n")) throw new Exception(file + ": its lines");
            }
        }

        // -- helpers ---------------------------------------------------------------------------------------------

        private static Invocation Arrived(string id, string attempt) =>
            new Invocation(new Answer(
                200, "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: " + id + "\r\nLambda-Runtime-Invocation-Id: " + attempt + "\r\n",
                default, true));

        private static void Each(string file, Action<JsonElement> test)
        {
            int n = 0;
            foreach (JsonElement one in JsonDocument.Parse(File.ReadAllBytes(Path.Combine(vectors, file))).RootElement.EnumerateArray())
                Named(file + " " + n++ + " " + one.GetRawText(), () => test(one));
        }

        internal static void Named(string name, Action test)
        {
            try
            {
                test();
            }
            catch (Exception error)
            {
                failures++;
                Console.WriteLine("FAILED " + name + "\n" + error);
            }
        }

        internal static void Equal<T>(T expected, T got)
        {
            if (!EqualityComparer<T>.Default.Equals(expected, got)) throw new Exception("expected " + expected + "\ngot " + got);
        }

        private static string Text(this JsonElement one, string name) => one.GetProperty(name).GetString();

        private static string TextOr(this JsonElement one, string name, string none) =>
            one.TryGetProperty(name, out JsonElement found) ? found.GetString() : none;

        private sealed class Mute : Exception
        {
            public override string Message => throw new NotSupportedException();
        }
    }

    /// <summary>A server that writes an answer in parts and closes, and the client's end of it.</summary>
    internal sealed class OneAnswer : IDisposable
    {
        private readonly Wire client;

        internal OneAnswer(byte[] bytes, int part)
        {
            var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            client = Wire.To(listener.LocalEndpoint.ToString());
            Socket server = listener.AcceptSocket();
            server.NoDelay = true;
            listener.Stop();
            new Thread(() =>
            {
                try
                {
                    for (int at = 0; at < bytes.Length; at += part)
                        server.Send(bytes, at, Math.Min(part, bytes.Length - at), SocketFlags.None);
                }
                catch (SocketException)
                {
                    // the client has seen enough
                }
                server.Close();
            }).Start();
        }

        internal Answer Read() => new AnswerReader(64).Read(client);

        public void Dispose() => client.Dispose();
    }

    /// <summary>A server that keeps what it gets and answers; after some answers it closes the connection.</summary>
    internal sealed class Recorder : IDisposable
    {
        private readonly TcpListener listener = new TcpListener(IPAddress.Loopback, 0);
        private readonly MemoryStream received = new MemoryStream();

        internal Recorder()
        {
            listener.Start();
            new Thread(Serve) { IsBackground = true }.Start();
        }

        internal string Address => listener.LocalEndpoint.ToString();

        internal int Answers { get; set; } = int.MaxValue;

        internal int Connections { get; private set; }

        internal string Says { get; set; } = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

        internal string Received() => Encoding.UTF8.GetString(received.ToArray());

        public void Dispose() => listener.Stop();

        private void Serve()
        {
            try
            {
                while (true)
                {
                    using (Socket one = listener.AcceptSocket())
                    {
                        Connections++;
                        var buffer = new byte[65536];
                        for (int n = 0; n < Answers; n++)
                        {
                            int count = one.Receive(buffer);
                            if (count == 0) break;
                            received.Write(buffer, 0, count);
                            bool streams = Received().Contains("chunked");
                            while (streams && !Received().Contains("\r\n0\r\n"))
                            {
                                count = one.Receive(buffer);
                                received.Write(buffer, 0, count);
                            }
                            one.Send(Encoding.ASCII.GetBytes(Says));
                        }
                    }
                }
            }
            catch (Exception stopped) when (stopped is SocketException || stopped is InvalidOperationException)
            {
            }
        }
    }
}
