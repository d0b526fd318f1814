// What streams and what many do at once, each by its name: {"do": "pieces", "size": 1, "count": 9}.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Text;
using System.Text.Json;
using System.Threading;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace Crowds
{
    public class Event
    {
        public string Do { get; set; }
        public string Message { get; set; }
        public int Size { get; set; } = 1;
        public int Count { get; set; } = 1;
        public int Ms { get; set; }
        public int N { get; set; }
    }

    public class App
    {
        private static readonly string Started = Stopwatch.GetTimestamp().ToString();
        private static readonly AsyncLocal<int> Mine = new AsyncLocal<int>();
        private static int calls;

        public async Task<object> Handle(Event given, ILambdaContext context)
        {
            switch (given.Do)
            {
                case "alive": return Started;
                case "collections": return GC.CollectionCount(2);
                case "who": return await Who(given, context);
                case "sleep": Console.WriteLine("sleeping " + given.Ms); await Task.Delay(given.Ms); return "slept";
                case "block": Thread.Sleep(given.Ms); return "slept";
                case "forever": await Task.Delay(-1); return null;
                case "fail": throw new InvalidOperationException(given.Message);
                case "end": Environment.Exit(3); return null;
                case "end-elsewhere":
                    new Thread(() => Environment.Exit(3)).Start();
                    await Task.Delay(60_000);
                    return null;
                case "break":
                    new Thread(() => throw new InvalidOperationException("elsewhere")).Start();
                    await Task.Delay(60_000);
                    return null;
                case "interrupt-later":
                    Thread handles = Thread.CurrentThread;
                    Later(given.Ms, handles.Interrupt);
                    return "returned";
                case "log-later":
                    Later(given.Ms, () => context.Logger.LogLine("late " + context.AwsRequestId));
                    return "returned";
                case "throw-elsewhere":
                    _ = Task.Run(() => throw new InvalidOperationException("elsewhere"));
                    return "thrown";
                default: throw new ArgumentException(given.Do);
            }
        }

        private static void Later(int ms, Action act) => new Thread(() =>
        {
            Thread.Sleep(ms);
            act();
        }).Start();

        private static async Task<object> Who(Event given, ILambdaContext context)
        {
            Mine.Value = given.N;
            Interlocked.Increment(ref calls);
            context.Logger.LogLine("begin " + given.N);
            await Task.Delay(given.Ms);
            await Task.Run(() => context.Logger.LogLine("elsewhere " + given.N));
            Console.WriteLine("printed " + given.N);
            return new
            {
                id = context.AwsRequestId,
                n = Mine.Value,
                remaining = (long)context.RemainingTime.TotalMilliseconds,
                started = Started,
            };
        }

        /// <summary>What reads on when the handler has returned, reads its own event.</summary>
        public string Keep(Stream given)
        {
            var read = new byte[given.Length];
            lock (Kept)
            {
                if (Kept.Count > 0)
                {
                    Stream before = Kept.Dequeue();
                    read = new byte[before.Length];
                    before.Read(read, 0, read.Length);
                }
                Kept.Enqueue(given);
            }
            return Encoding.UTF8.GetString(read);
        }

        private static readonly Queue<Stream> Kept = new Queue<Stream>();

        public async IAsyncEnumerable<object> Stream(Event given, ILambdaContext context)
        {
            byte[] piece = Encoding.UTF8.GetBytes(new string('x', given.Size));
            switch (given.Do)
            {
                case "alive":
                    yield return Started;
                    break;
                case "pieces":
                    for (int n = 0; n < given.Count; n++) yield return piece;
                    break;
                case "drip":
                    for (int n = 0; n < given.Count; n++)
                    {
                        yield return piece;
                        await Task.Delay(given.Ms);
                    }
                    break;
                case "fail":
                    yield return piece;
                    throw new InvalidOperationException(given.Message);
                case "prelude-fail":
                    yield return new { statusCode = 201 };
                    throw new InvalidOperationException(given.Message);
                case "empty-pieces":
                    yield return "";
                    yield return "a";
                    yield return new byte[0];
                    yield return "b";
                    break;
                case "end":
                    yield return piece;
                    Environment.Exit(3);
                    break;
                case "break":
                    yield return piece;
                    new Thread(() => throw new InvalidOperationException("elsewhere")).Start();
                    await Task.Delay(60_000);
                    break;
                default: throw new ArgumentException(given.Do);
            }
        }
    }
}
