using System;
using System.Collections.Generic;
using System.Threading;

namespace LambdaImage.Client
{
    /// <summary>
    /// Several invocations at once (Managed Instances): a thread for each, with a connection of its own. If one of them
    /// cannot go on, the process ends, but not before the invocations in flight are answered.
    /// </summary>
    internal static class Concurrency
    {
        private const int Most = 1600; // of Lambda's own API: PerExecutionEnvironmentMaxConcurrency

        private const int Ask = 5; // ms, between two looks at what has no event

        private static readonly HashSet<Invocation> InFlight = new HashSet<Invocation>();
        private static volatile bool ending;

        /// <summary>Whether the environment asks for it, even for one at a time.</summary>
        internal static bool On { get; private set; }

        private static int Workers { get; set; }

        internal static void Begin()
        {
            string asked = Environment.GetEnvironmentVariable("AWS_LAMBDA_MAX_CONCURRENCY");
            if (string.IsNullOrEmpty(asked)) return;
            Workers = WorkersOf(asked);
            On = Workers > 0;
            if (!On) Logs.Say("AWS_LAMBDA_MAX_CONCURRENCY is no number from 1 to 1600, and not heeded: " + asked);
        }

        /// <summary>How many at once: 0, as if nothing had been asked for, where the text is no number that can be.</summary>
        internal static int WorkersOf(string text)
        {
            int number = 0;
            for (int at = 0; at < text.Length; at++)
            {
                if (at == 4 || text[at] < (at == 0 ? '1' : '0') || text[at] > '9') return 0;
                number = number * 10 + text[at] - '0';
            }
            return number <= Most ? number : 0;
        }

        /// <summary>Serve for ever.</summary>
        internal static void Serve(Loop loop, RuntimeApi api)
        {
            if (!On)
            {
                loop.Run(api);
                return;
            }
            Fault.Rehearse();
            for (int n = 1; n < Workers; n++)
            {
                var worker = new Thread(() => loop.Run(api.Another())) { IsBackground = true };
                worker.Start();
            }
            loop.Run(api);
        }

        /// <summary>Count an invocation in; it was given to us, even if the process is about to end.</summary>
        internal static void Enter(Invocation one)
        {
            if (!On) return;
            lock (InFlight) InFlight.Add(one);
        }

        /// <summary>Count it out; where the process is ending, nothing more is begun.</summary>
        internal static void Leave(Invocation one)
        {
            if (!On) return;
            Forget(one);
            if (ending) Thread.Sleep(Timeout.Infinite);
        }

        internal static void Forget(Invocation one)
        {
            lock (InFlight)
            {
                InFlight.Remove(one);
                Monitor.PulseAll(InFlight);
            }
        }

        /// <summary>
        /// Begin nothing more, and wait until no more than so many are in flight, as long as one of them has time. What is
        /// left in flight.
        /// </summary>
        internal static Invocation[] Drain(Func<int> left = null)
        {
            lock (InFlight)
            {
                ending = true;
                while (InFlight.Count > (left == null ? 0 : left()) && HaveTime()) Monitor.Wait(InFlight, Ask);
                var rest = new Invocation[InFlight.Count];
                InFlight.CopyTo(rest);
                return rest;
            }
        }

        private static bool HaveTime()
        {
            foreach (Invocation one in InFlight)
            {
                if (one.Deadline > Invocation.Now()) return true;
            }
            return false;
        }
    }
}
