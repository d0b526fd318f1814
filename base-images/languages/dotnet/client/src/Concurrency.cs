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
        private static readonly HashSet<Invocation> InFlight = new HashSet<Invocation>();
        private static volatile bool ending;

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
        internal static Invocation[] Drain(int left)
        {
            lock (InFlight)
            {
                ending = true;
                while (InFlight.Count > left && HaveTime()) Monitor.Wait(InFlight, 100);
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
