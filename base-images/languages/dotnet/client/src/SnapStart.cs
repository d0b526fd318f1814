using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading;
using System.Threading.Tasks;

namespace LambdaImage.Client
{
    /// <summary>A process that is frozen after its init, and begins again as often as it is restored.</summary>
    internal static class SnapStart
    {
        private const string Before = "Runtime.BeforeSnapshotError"; // kinds of failures
        private const string After = "Runtime.AfterRestoreError";
        private const int Tries = 5;
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);
        private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10); // of all after-restore hooks together

        /// <summary>Through the snapshot, where there is to be one; no connection survives it.</summary>
        internal static void PassThrough(RuntimeApi api)
        {
            if (Environment.GetEnvironmentVariable("AWS_LAMBDA_INITIALIZATION_TYPE") != "snap-start") return;
            var before = new List<Func<ValueTask>>();
            var after = new List<Func<ValueTask>>();
            Registered("CopyBeforeSnapshotCallbacksToRegistry", before);
            before.Reverse();
            Program.Begin(Before, fault => api.Another().InitError(fault));
            Run(before, null, error => Fail(api, api.InitError, new Fault(error, Before), 64));
            api.Close();
            Wait(api);
            api.Close();
            Registered("CopyAfterRestoreCallbacksToRegistry", after); // a hook may have registered more
            Program.Begin(After, fault => api.Another().RestoreError(fault));
            Run(after, Limit, error => Fail(api, api.RestoreError, new Fault(error, After), 65));
        }

        /// <summary>Where only the connection was lost on the way, the call is made again.</summary>
        private static void Wait(RuntimeApi api)
        {
            string why = null;
            for (int number = 0; number < Tries; number++)
            {
                try
                {
                    Answer answer = api.RestoreNext();
                    if (answer.Status == 200) return;
                    why = answer.ToString();
                    break;
                }
                catch (ApiException error)
                {
                    why = error.Message;
                    Thread.Sleep(Pause);
                }
            }
            api.Close();
            var failed = new RuntimeError("Runtime.RestoreError", "GET /runtime/restore/next failed: " + why);
            Fail(api, api.InitError, new Fault(failed), 64);
        }

        /// <summary>What the function registered, in that order, with its own Amazon.Lambda.Core.SnapshotRestore.</summary>
        private static void Registered(string copy, List<Func<ValueTask>> hooks)
        {
            Type registry = Core.Type("SnapshotRestore");
            MethodInfo method = registry?.GetMethod(copy, BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic);
            method?.Invoke(null, new object[] { new Action<Func<ValueTask>>(hooks.Add) });
        }

        private static void Run(List<Func<ValueTask>> hooks, TimeSpan? limit, Action<Exception> failed)
        {
            if (hooks.Count == 0) return;
            try
            {
                Task all = Task.Run(async () =>
                {
                    foreach (Func<ValueTask> hook in hooks) await hook();
                });
                if (limit == null) all.GetAwaiter().GetResult();
                else if (Task.WaitAny(new[] { all }, limit.Value) < 0)
                    throw new TimeoutException("the after-restore hooks took more than 10 seconds");
                else all.GetAwaiter().GetResult();
            }
            catch (Exception error)
            {
                failed(error);
            }
        }

        private static void Fail(RuntimeApi api, Func<Fault, Answer> report, Fault fault, int status)
        {
            Logs.Failed(fault);
            Loop.Report(report, fault);
            Program.Exit(status);
        }
    }
}
