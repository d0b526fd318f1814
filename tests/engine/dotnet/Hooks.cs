// Hooks of SnapStart, of which the first to run each register more: when the snapshot is near, and after it.
using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace Field
{
    public class Hooks
    {
        private static readonly List<string> Seen = new List<string>();

        static Hooks()
        {
            SnapshotRestore.RegisterBeforeSnapshot(() => See("before 1"));
            SnapshotRestore.RegisterBeforeSnapshot(() =>
            {
                SnapshotRestore.RegisterBeforeSnapshot(() => See("before late"));
                SnapshotRestore.RegisterAfterRestore(() => See("after late"));
                return See("before 2");
            });
            SnapshotRestore.RegisterAfterRestore(async () =>
            {
                SnapshotRestore.RegisterAfterRestore(() => See("after later"));
                await Task.Yield();
                await See("after 1");
            });
            SnapshotRestore.RegisterAfterRestore(() => See("after 2"));
        }

        public List<string> Told() => Seen;

        private static ValueTask See(string what)
        {
            Seen.Add(what);
            return default;
        }
    }

    /// <summary>A hook that ends the process: HOOK says which, and by what.</summary>
    public class Ending
    {
        static Ending()
        {
            string hook = Environment.GetEnvironmentVariable("HOOK");
            Func<ValueTask> end = () =>
            {
                if (hook.EndsWith("exit")) Environment.Exit(0);
                new Thread(() => throw new InvalidOperationException("in a hook")).Start();
                Thread.Sleep(60_000);
                return default;
            };
            if (hook.StartsWith("before")) SnapshotRestore.RegisterBeforeSnapshot(end);
            else SnapshotRestore.RegisterAfterRestore(end);
        }

        public string Handle() => "";
    }
}
