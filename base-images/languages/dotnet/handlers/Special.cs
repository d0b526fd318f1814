// Handlers with top-level code of their own: a type's static constructor.
using System;
using System.Text.Json;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace Conformance
{
    public class Signal
    {
        static Signal() => AppDomain.CurrentDomain.ProcessExit += (sender, nothing) => Console.WriteLine("sigterm hook ran");

        public JsonElement handler(JsonElement input) => input;
    }

    public class InitRaise
    {
        static InitRaise()
        {
            Console.WriteLine("about to fail");
            HandlerError.deepest("init failed");
        }

        public void handler()
        {
        }
    }

    public class Hooks
    {
        static Hooks()
        {
            for (int n = 1; n <= 3; n++)
            {
                int number = n;
                SnapshotRestore.RegisterBeforeSnapshot(() => Print("before " + number));
                SnapshotRestore.RegisterAfterRestore(() => Print("after " + number));
            }
        }

        public JsonElement handler(JsonElement input) => input;

        private static ValueTask Print(string line)
        {
            Console.WriteLine(line);
            return default;
        }
    }

    public class HookBeforeRaise
    {
        static HookBeforeRaise() => SnapshotRestore.RegisterBeforeSnapshot(() => throw new HandlerError("before hook"));

        public JsonElement handler(JsonElement input) => input;
    }

    public class HookAfterRaise
    {
        static HookAfterRaise() => SnapshotRestore.RegisterAfterRestore(async () =>
        {
            await Task.Yield();
            throw new HandlerError("after hook");
        });

        public JsonElement handler(JsonElement input) => input;
    }
}
