using System;
using System.Threading;

namespace LambdaImage.Client
{
    /// <summary>
    /// Several invocations at once (Managed Instances): a thread for each, with a connection of its own. If one of them
    /// cannot go on, the process ends, but not before the invocations in flight are answered.
    /// </summary>
    internal static class Concurrency
    {
        private static readonly object Gate = new object();
        private static int inFlight;
        private static bool ending;

        /// <summary>Whether the environment asks for it, even for one at a time.</summary>
        internal static bool On { get; private set; }

        private static int Workers { get; set; }

        internal static void Begin()
        {
            On = int.TryParse(Environment.GetEnvironmentVariable("AWS_LAMBDA_MAX_CONCURRENCY"), out int workers) && workers > 0;
            Workers = workers;
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
        internal static void Enter()
        {
            if (On) Interlocked.Increment(ref inFlight);
        }

        /// <summary>Count it out; where the process is ending, nothing more is begun.</summary>
        internal static void Leave()
        {
            if (!On) return;
            lock (Gate)
            {
                Interlocked.Decrement(ref inFlight);
                Monitor.PulseAll(Gate);
            }
            if (ending) Thread.Sleep(Timeout.Infinite);
        }

        /// <summary>Wait until nothing is in flight.</summary>
        internal static void Drain()
        {
            if (!On) return;
            lock (Gate)
            {
                ending = true;
                while (inFlight > 0) Monitor.Wait(Gate);
            }
        }
    }
}
