using System;

namespace LambdaImage.Client
{
    /// <summary>Where it begins: the environment becomes a Runtime API and a function, which is served for ever.</summary>
    internal static class Program
    {
        private static Loop loop;
        private static RuntimeApi api;
        private static bool exiting; // by our own will, which has been reported

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
            loop.Load();
            SnapStart.PassThrough(api);
            Concurrency.Serve(loop, api);
            return 0;
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
            if (exiting || status == 143 || status == 137) return;
            exiting = true;
            var fault = new Fault(new RuntimeError("Runtime.ExitError", "the function ended the process with status " + status));
            if (!loop.Loaded)
            {
                Logs.Failed(fault);
                Loop.Report(api.Another().InitError, fault);
                if (status == 0) Environment.ExitCode = 1; // an environment that never asked for work is no success
            }
            else if (!Concurrency.On) Tell(Invocation.Current, fault);
            else
            {
                // This is another thread than the function's. Where the others have finished, it is the one that has not.
                foreach (Invocation one in Concurrency.Drain(1)) Tell(one, fault);
            }
        }

        /// <summary>Report it for an invocation, in the stream that has begun if there is one; false if that was answered.</summary>
        private static bool Tell(Invocation running, Fault fault)
        {
            if (running == null) return false;
            running.Enter(); // the record is of that invocation, whatever thread this is
            if (running.Upload != null) return running.Upload.Break(fault);
            if (running.Answered) return false;
            running.Answered = true;
            Logs.Failed(fault);
            Loop.Report(one => api.Another().Error(running, one), fault);
            return true;
        }

        /// <summary>What nobody caught, on a thread of the function's own: reported, then .NET ends the process.</summary>
        private static void Crashed(object sender, UnhandledExceptionEventArgs what)
        {
            if (exiting) return;
            exiting = true;
            var thrown = what.ExceptionObject as Exception ?? new Exception(Convert.ToString(what.ExceptionObject));
            var fault = new Fault(thrown, loop.Loaded ? null : "Runtime.InitError");
            Invocation running = Invocation.OfThisThread;
            if (!Tell(running, fault)) Logs.Failed(fault);
            if (!loop.Loaded) Loop.Report(api.Another().InitError, fault);
            Concurrency.Forget(running);
            Concurrency.Drain(0);
        }
    }
}
