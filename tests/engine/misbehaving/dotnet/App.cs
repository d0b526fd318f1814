// What functions do that no client's author thought of, each by its name.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Net.Mime;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;

namespace Misbehaving
{
    public class Hostile : Exception
    {
        public override string Message => throw new InvalidOperationException("not even a text");
    }

    public class HostileTrace : Exception
    {
        public override string StackTrace => throw new InvalidOperationException("not even a stack");
    }

    public class NullMessage : Exception
    {
        public override string Message => null;
    }

    public class Fehlerß : Exception
    {
        public Fehlerß()
            : base("odd")
        {
        }
    }

    public class Generic<T> : Exception
    {
    }

    public class BadGetter
    {
        public string Before => new string('x', 50_000);

        public string Text => throw new InvalidOperationException("a getter");
    }

    public class Circle
    {
        public Circle Self => this;
    }

    public static class Failing
    {
        public static readonly int Value = int.Parse("no number");
    }

    public enum Size
    {
        Small,
        Large,
    }

    public class Endless
    {
        public IEnumerable<int> Numbers
        {
            get
            {
                yield return 1;
                throw new InvalidOperationException("an iterator");
            }
        }
    }

    /// <summary>Pieces of a type of their own, which fails when it is closed.</summary>
    public class BadClose : IAsyncEnumerable<string>, IAsyncEnumerator<string>
    {
        private int given;

        public string Current => "a";

        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken token = default) => this;

        public ValueTask<bool> MoveNextAsync() => new ValueTask<bool>(given++ == 0);

        public ValueTask DisposeAsync() => throw new InvalidOperationException("closing");
    }

    public class BadStart : IAsyncEnumerable<string>
    {
        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken token = default) =>
            throw new InvalidOperationException("starting");
    }

    public class NoStart : IAsyncEnumerable<string>
    {
        public IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken token = default) => null;
    }

    public class BrokenWriter : TextWriter
    {
        public override Encoding Encoding => Encoding.UTF8;

        public override void Write(char value) => throw new IOException("no output");

        public override void Flush() => throw new IOException("no output");
    }

    public class Deaf : SynchronizationContext
    {
        public override void Post(SendOrPostCallback callback, object state)
        {
        }
    }

    public class App
    {
        private static readonly long Started = Stopwatch.GetTimestamp();
        private static readonly AsyncLocal<string> Mine = new AsyncLocal<string>();

        private static readonly Dictionary<string, Func<object>> Doings = new Dictionary<string, Func<object>>
        {
            ["nan"] = () => new[] { double.NaN },
            ["decimal"] = () => 1.10m,
            ["time"] = () => new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc),
            ["span"] = () => TimeSpan.FromSeconds(1),
            ["bytes"] = () => new byte[] { 0, 255 },
            ["bad-text"] = () => "a\ud800b",
            ["function"] = () => (Func<int>)(() => 1),
            ["type"] = () => typeof(App),
            ["pointer"] = () => new IntPtr(1),
            ["task"] = () => Task.FromResult(1),
            ["enum"] = () => Size.Large,
            ["tuple"] = () => (1, "a"),
            ["anonymous"] = () => new { number = 1, nothing = (string)null },
            ["keys"] = () => new Dictionary<int, string> { [1] = "a" },
            ["element"] = () => JsonDocument.Parse("{\"a\": 1.10}").RootElement,
            ["disposed-element"] = DisposedElement,
            ["deep"] = () => Deep(500),
            ["too-deep"] = () => Deep(100_000),
            ["circular"] = () => new Circle(),
            ["bad-getter"] = () => new BadGetter(),
            ["bad-iterator"] = () => new Endless(),
            ["throw-null"] = () => throw null,
            ["hostile-error"] = () => throw new Hostile(),
            ["hostile-trace"] = () => throw new HostileTrace(),
            ["null-message"] = () => throw new NullMessage(),
            ["odd-type"] = () => throw new Fehlerß(),
            ["generic-type"] = () => throw new Generic<int>(),
            ["aggregate"] = () => throw new AggregateException("two", new Exception("a"), new Exception("b")),
            ["aggregate-none"] = () => throw new AggregateException("none"),
            ["wrapped"] = () => throw new TargetInvocationException(new ArgumentException("inner")),
            ["cancelled"] = () => throw new OperationCanceledException("cancelled"),
            ["initializer"] = () => Failing.Value,
            ["cause"] = () => throw new ArgumentException("outer", new InvalidOperationException("inner")),
            ["cyclic-cause"] = CyclicCause,
            ["memory"] = () => new long[int.MaxValue - 100],
            ["sleep"] = Sleep,
            ["exit"] = Exit,
            ["thread-crash"] = ThreadCrash,
            ["background"] = Background,
            ["async-void"] = Forgotten,
            ["culture"] = Foreign,
            ["deaf"] = DeafContext,
            ["local"] = Local,
            ["local-again"] = Local,
            ["stdin"] = () => Console.In.ReadToEnd(),
            ["child"] = Child,
            ["wild-log"] = WildLog,
            ["gone"] = Gone,
            ["broken-output"] = BrokenOutput,
            ["closed-output"] = ClosedOutput,
            ["no-environment"] = NoEnvironment,
            ["no-threads"] = NoThreads,
            ["first-chance"] = FirstChance,
        };

        public object Handle(JsonElement happening)
        {
            if (happening.ValueKind == JsonValueKind.Object) return happening.GetProperty("large").GetString().Length;
            string name = happening.GetString();
            if (name == "alive") return Started;
            return name == "resident" ? Resident() : Doings[name]();
        }

        public async Task<object> Async(string name)
        {
            if (name == "alive") return Started;
            await Task.Yield();
            switch (name)
            {
                case "cancelled": return await Task.FromCanceled<object>(new CancellationToken(true));
                case "aggregate": return Task.WhenAll(Task.FromException(new Exception("a")), Task.FromException(new IOException("b"))).Wait(1);
                case "left": _ = Task.Run(() => throw new Exception("left")); return "left";
                case "no-message": throw new Generic<string>();
                case "deep-await": return await Awaits(2000);
                default: throw new IOException(name);
            }
        }

        public Task<object> NoTask(string name) => name == "alive" ? Task.FromResult<object>(Started) : null;

        public Stream Bytes(Stream given)
        {
            string name = new StreamReader(given).ReadToEnd().Trim('"');
            switch (name)
            {
                case "alive": return new MemoryStream(Encoding.UTF8.GetBytes(Started.ToString()));
                case "null": return null;
                case "same": given.Position = 0; return given;
                case "closed": var closed = new MemoryStream(new byte[3]); closed.Dispose(); return closed;
                case "at-its-end": var end = new MemoryStream(); end.Write(new byte[] { 49, 50 }); return end;
                case "middle": return new MemoryStream(Encoding.UTF8.GetBytes("xx12xx"), 2, 2, false);
                case "bad-read": return new BadStream();
                default: throw new IOException(name);
            }
        }

        public async IAsyncEnumerable<object> Stream(string name)
        {
            if (name == "error-first") throw new IOException("first");
            if (name == "empty") yield break;
            if (name == "null-first") yield return null;
            if (name == "type-only") yield return new ContentType("text/plain");
            if (name == "type-only") yield break;
            if (name == "number-first") yield return 7;
            if (name == "bad-prelude") yield return new BadGetter();
            yield return name == "alive" ? Started.ToString() : "a";
            await Task.Yield();
            try
            {
                if (name == "number") yield return 7;
                if (name == "null") yield return null;
                if (name == "late-type") yield return new ContentType("text/html");
                if (name == "empty-piece") yield return "";
                if (name == "bad-text") yield return "\ud800";
                if (name == "error-later") throw new IOException("later");
                if (name == "error-hostile") throw new Hostile();
                if (name == "cancelled") throw new OperationCanceledException("cancelled");
                if (name == "large") for (int n = 0; n < 20; n++) yield return new byte[1_000_000];
            }
            finally
            {
                if (name == "bad-finally") throw new IOException("finally");
            }
        }

        public IAsyncEnumerable<string> Odd(string name) =>
            name == "bad-close" ? new BadClose()
            : name == "bad-start" ? new BadStart()
            : name == "no-start" ? new NoStart()
            : name == "alive" ? (IAsyncEnumerable<string>)Alive() : null;

        private static async IAsyncEnumerable<string> Alive()
        {
            await Task.Yield();
            yield return Started.ToString();
        }

        private static async Task<object> Awaits(int depth)
        {
            await Task.Yield();
            return depth == 0 ? throw new IOException("deep") : await Awaits(depth - 1);
        }

        private static object Deep(int depth)
        {
            object value = "bottom";
            for (int n = 0; n < depth; n++) value = new[] { value };
            return value;
        }

        private static object DisposedElement()
        {
            var document = JsonDocument.Parse("[1]");
            document.Dispose();
            return document.RootElement;
        }

        private static object CyclicCause()
        {
            var outer = new Exception("outer", new Exception("inner"));
            typeof(Exception).GetField("_innerException", BindingFlags.NonPublic | BindingFlags.Instance).SetValue(outer, outer);
            throw outer;
        }

        private static object Sleep()
        {
            Console.WriteLine("sleeping");
            Thread.Sleep(2000);
            return "slept";
        }

        private static object Exit()
        {
            Environment.Exit(3);
            return null;
        }

        private static object ThreadCrash()
        {
            var thread = new Thread(() => throw new ArgumentException("on a thread of its own"));
            thread.Start();
            thread.Join();
            return null;
        }

        private static object Background()
        {
            var thread = new Thread(() =>
            {
                try
                {
                    throw new Exception("caught");
                }
                catch (Exception)
                {
                }
            });
            thread.Start();
            thread.Join();
            return "begun";
        }

        private static object Forgotten()
        {
            Task.Run(() => throw new Exception("never looked at"));
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return "forgotten";
        }

        private static object Foreign()
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NegativeSign = "minus ";
            culture.NumberFormat.NumberDecimalSeparator = ",";
            culture.DateTimeFormat.TimeSeparator = ".";
            CultureInfo.CurrentCulture = culture;
            CultureInfo.DefaultThreadCurrentCulture = culture;
            return new object[] { -1, 1.5, new DateTime(1970, 1, 1) };
        }

        private static object DeafContext()
        {
            SynchronizationContext.SetSynchronizationContext(new Deaf());
            return "deaf";
        }

        private static object Local()
        {
            string before = Mine.Value ?? "nothing";
            Mine.Value = "an event's own";
            return before;
        }

        private static object FirstChance()
        {
            AppDomain.CurrentDomain.FirstChanceException += (sender, what) => Mine.Value = what.Exception.GetType().Name;
            return "heard";
        }

        private static object NoThreads()
        {
            ThreadPool.SetMinThreads(1, 1);
            ThreadPool.SetMaxThreads(2, 2);
            for (int n = 0; n < 20; n++) ThreadPool.QueueUserWorkItem(nothing => Thread.Sleep(Timeout.Infinite));
            return "taken";
        }

        private static object Child()
        {
            var start = new ProcessStartInfo("/usr/bin/env", "printf %s not-the-result") { UseShellExecute = false };
            using (Process child = Process.Start(start)) child.WaitForExit();
            return "child";
        }

        private static object WildLog()
        {
            Console.Write("\ud800 é\n");
            return "logged";
        }

        private static object Gone()
        {
            Directory.CreateDirectory("/tmp/gone");
            Directory.SetCurrentDirectory("/tmp/gone");
            Directory.Delete("/tmp/gone");
            throw new IOException("nowhere");
        }

        private static object BrokenOutput()
        {
            Console.SetOut(new BrokenWriter());
            Console.SetError(new BrokenWriter());
            return "broken";
        }

        [DllImport("libc", EntryPoint = "close")]
        private static extern int Close(int descriptor);

        private static object ClosedOutput()
        {
            Console.Out.Close();
            Console.Error.Close();
            Console.OpenStandardOutput().Close();
            Close(1);
            Close(2);
            return "closed";
        }

        private static object NoEnvironment()
        {
            foreach (object name in Environment.GetEnvironmentVariables().Keys)
                Environment.SetEnvironmentVariable((string)name, null);
            return "cleared";
        }

        private static object Resident()
        {
            foreach (string line in File.ReadLines("/proc/self/status"))
            {
                if (line.StartsWith("VmRSS:")) return int.Parse(line.Substring(6, line.Length - 9));
            }
            return 0;
        }
    }

    public class BadStream : MemoryStream
    {
        public override bool TryGetBuffer(out ArraySegment<byte> buffer)
        {
            buffer = default;
            return false;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new IOException("a read");

        public override void CopyTo(Stream destination, int bufferSize) => throw new IOException("a read");
    }
}
