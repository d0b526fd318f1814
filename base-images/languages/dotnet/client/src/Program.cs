using System;

namespace LambdaImage.Client
{
    /// <summary>Where it begins: the environment becomes a Runtime API and a function, which is served for ever.</summary>
    internal static class Program
    {
        private static Loop loop;
        private static RuntimeApi api;
        private static readonly object Telling = new object();
        private static volatile bool exiting; // by our own will, which has been reported

        // Before the first event: what a failure is then, and who is told. Null afterwards.
        private static volatile string kind;
        private static volatile Func<Fault, Answer> reported;

        private static int Main()
        {
            string address = Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API");
            if (string.IsNullOrEmpty(address))
            {
                Logs.Say("AWS_LAMBDA_RUNTIME_API is not set: run this image in Lambda, under an emulator "
                    + "(aws-lambda-rie), or set the variable to the address of a Runtime API");
                return 1;
            }
            Concurrency.Begin();
            Logs.Begin();
            api = new RuntimeApi(address);
            loop = new Loop(api);
            AppDomain.CurrentDomain.ProcessExit += Ended;
            AppDomain.CurrentDomain.UnhandledException += Crashed;
            Begin("Runtime.InitError", fault => api.Another().InitError(fault));
            loop.Load();
            SnapStart.PassThrough(api);
            Begin(null, null);
            Concurrency.Serve(loop, api);
            return 0;
        }

        /// <summary>What comes now, before the first event: what failures are then called, and who is told.</summary>
        internal static void Begin(string failure, Func<Fault, Answer> report)
        {
            kind = failure;
            reported = report;
        }

        /// <summary>The end of the process, for a reason that was told.</summary>
        internal static void Exit(int status)
        {
            exiting = true;
            Environment.Exit(status);
        }

        /// <summary>The function ended the process: whoever waits for its result is told.</summary>
        private static void Ended(object sender, EventArgs nothing)
        {
            int status = Environment.ExitCode;
            if (exiting || Killed(status)) return;
            var callers = new Callers(); // at once: who calls before is not counted
            Func<Fault, Answer> report = reported;
            var ended = new RuntimeError("Runtime.ExitError", "the function ended the process with status " + status);
            var fault = new Fault(ended, loop.Loaded ? kind : null);
            if (report != null)
            {
                Logs.Failed(fault);
                Loop.Report(report, fault);
                if (status == 0) status = 1; // an environment that never asked for work is no success
            }
            else if (!Concurrency.On) Tell(Invocation.Current, fault);
            else
            {
                // This is another thread than the function's. Where the others have finished, they are those that have not.
                foreach (Invocation one in Concurrency.Drain(callers.Count)) Tell(one, fault);
            }
            Callers.Leave(status);
        }

        /// <summary>Whether a status is that of a signal, which .NET makes an end of the process of.</summary>
        private static bool Killed(int status) => status == 143 || status == 137;

        /// <summary>
        /// How many have called Environment.Exit: .NET lets none of them return, and says of none but what status it asked
        /// for. So that is put away, and who comes after leaves another.
        /// </summary>
        private sealed class Callers
        {
            private const int Nobodys = -1_204_117; // status: no system has it, and no function asks for it
            private int count = 1;

            internal Callers() => Environment.ExitCode = Nobodys;

            /// <summary>Asked again and again; all there are, where the system wants the process to end.</summary>
            internal int Count()
            {
                int status = Environment.ExitCode;
                if (Killed(status)) return int.MaxValue;
                if (status == Nobodys) return count;
                Environment.ExitCode = Nobodys;
                return ++count;
            }

            /// <summary>What the process ends with.</summary>
            internal static void Leave(int status)
            {
                if (!Killed(Environment.ExitCode)) Environment.ExitCode = status;
            }
        }

        /// <summary>Report it for an invocation, in the stream that has begun if there is one; false if that was answered.</summary>
        private static bool Tell(Invocation running, Fault fault)
        {
            if (running == null) return false;
            lock (Telling) // several may end the process at the same time, and each waits until the others are told
            {
                running.Enter(); // the record is of that invocation, whatever thread this is
                try
                {
                    if (running.Upload != null) return running.Upload.Break(fault);
                    if (running.Answered) return false;
                    running.Answered = true;
                    Logs.Failed(fault);
                    Loop.Report(one => api.Another().Error(running, one), fault);
                    return true;
                }
                finally
                {
                    Concurrency.Forget(running);
                }
            }
        }

        /// <summary>What nobody caught, on a thread of the function's own: reported, then .NET ends the process.</summary>
        private static void Crashed(object sender, UnhandledExceptionEventArgs what)
        {
            if (exiting) return;
            var thrown = what.ExceptionObject as Exception ?? new Exception(Convert.ToString(what.ExceptionObject));
            Func<Fault, Answer> report = reported;
            var fault = new Fault(thrown, kind);
            Invocation running = Invocation.OfThisThread;
            if (!Tell(running, fault)) Logs.Failed(fault);
            if (report != null) Loop.Report(report, fault);
            Concurrency.Drain();
        }
    }
}
