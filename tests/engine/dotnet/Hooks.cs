// Hooks of SnapStart, of which the first to run each register more: when the snapshot is near, and after it.
using System;
using System.Collections.Generic;
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
}
