using System;
using System.Runtime.CompilerServices;
using System.Threading;

namespace LambdaImage.Client
{
    /// <summary>The life of a process: load the function, then event after event, result after result.</summary>
    internal sealed class Loop
    {
        private const int Tries = 3; // of GET /next; one among several callers is more patient
        private const int TriesOfSeveral = 6;
        private const int Pause = 100; // ms, the first one, which doubles
        private const int Limit = 6291556; // bytes of a result; AWS's number, for the message of a 413
        private const int Large = 2 * 1024 * 1024; // from here on memory goes back to the system

        // An event's own values of AsyncLocal, its culture among them, are not the next one's.
        private readonly ExecutionContext clean = ExecutionContext.Capture();

        private readonly RuntimeApi api;
        private Handler handler;
        private string traceId = ""; // as exported; at first what the environment began with

        internal Loop(RuntimeApi api) => this.api = api;

        /// <summary>Serve events, one at a time, by this connection to the Runtime API.</summary>
        internal void Run(RuntimeApi connection)
        {
            int size = 0;
            ContextCallback serve = nothing => size = Serve(connection);
            while (true)
            {
                ExecutionContext.Run(clean, serve, null);
                if (size >= Large && !Concurrency.On) Memory.Return(); // neighbours would stand still, and no freeze is near
            }
        }

        /// <summary>One of them; how large it or its result was. In a method of its own, which leaves nothing of it behind.</summary>
        [MethodImpl(MethodImplOptions.NoInlining)]
        private int Serve(RuntimeApi connection)
        {
            Invocation invocation = Next(connection);
            Concurrency.Enter(invocation);
            invocation.Enter();
            int size = Math.Max(invocation.Event.Count, Handle(connection, invocation));
            Invocation.Leave();
            Concurrency.Leave(invocation);
            return size;
        }

        /// <summary>Call the function and post what comes of it: a result, a stream or an error. The size of a result.</summary>
        private int Handle(RuntimeApi connection, Invocation invocation)
        {
            int size = 0;
            bool isStream = false;
            try
            {
                Answer answer;
                try
                {
                    if (!Concurrency.On) Export(invocation.TraceId);
                    object result = handler.Invoke(invocation);
                    if (invocation.Answered) return 0; // by the end of the process, which has begun elsewhere
                    Pieces pieces = handler.Stream(result);
                    isStream = pieces != null;
                    if (isStream) answer = Stream(connection, invocation, pieces);
                    else
                    {
                        ArraySegment<byte> body = handler.Body(result);
                        size = body.Count;
                        invocation.Answered = true;
                        answer = connection.Response(invocation, body);
                    }
                }
                catch (Exception error) when (!(error is ApiException) && !(invocation.Answered))
                {
                    answer = Fail(connection, invocation, error);
                }
                if (answer.Status != 202) Refused(answer, size);
            }
            catch (ApiException error)
            {
                string what = "the result could not be posted: " + error.Message;
                if (Concurrency.On || isStream) Logs.Say(what); // a stream that was broken off is nobody's any more
                else Logs.End(what);
            }
            return size;
        }

        private static Answer Stream(RuntimeApi connection, Invocation invocation, Pieces pieces)
        {
            try
            {
                return pieces.Post(connection, invocation);
            }
            finally
            {
                Close(pieces);
            }
        }

        /// <summary>The end of a stream that has failed already, and been answered for.</summary>
        private static void Close(Pieces pieces)
        {
            try
            {
                pieces.Close();
            }
            catch (Exception error)
            {
                Logs.Failed(new Fault(error));
            }
        }

        private static Answer Fail(RuntimeApi connection, Invocation invocation, Exception error)
        {
            var fault = new Fault(error);
            Logs.Failed(fault);
            invocation.Answered = true;
            return connection.Error(invocation, fault);
        }

        /// <summary>Any answer but 202 to a result. 500 is the end, among several not; what else is logged and passed over.</summary>
        private static void Refused(Answer answer, int size)
        {
            string what = "the Runtime API refused the result: " + answer;
            if (answer.Status == 413) what += "; it has " + size + " bytes, the limit is " + Limit;
            if (answer.Status >= 500 && !Concurrency.On) Logs.End(what);
            Logs.Say(what);
        }

        /// <summary>The next event; the process ends where there is none to be had.</summary>
        private static Invocation Next(RuntimeApi connection)
        {
            for (int number = 1; ; number++)
            {
                string why;
                bool mayPass = true;
                try
                {
                    Answer answer = connection.Next();
                    if (answer.Status == 200 && answer.Header("Lambda-Runtime-Aws-Request-Id") != null) return new Invocation(answer);
                    mayPass = answer.Status >= 500 || Concurrency.On;
                    why = answer.Status == 200 ? "an event without Lambda-Runtime-Aws-Request-Id" : answer.ToString();
                }
                catch (ApiException error)
                {
                    why = error.Message;
                }
                int tries = Concurrency.On ? TriesOfSeveral : Tries;
                if (!mayPass || number == tries) Logs.End("GET /runtime/invocation/next failed: " + why);
                Interrupts.Clear();
                Thread.Sleep(Pause << (number - 1));
            }
        }

        /// <summary>Find the function; what fails is reported once, and the process ends.</summary>
        internal void Load()
        {
            try
            {
                string root = Environment.GetEnvironmentVariable("LAMBDA_TASK_ROOT");
                if (string.IsNullOrEmpty(root)) root = Environment.CurrentDirectory;
                handler = Handler.Find(Environment.GetEnvironmentVariable("_HANDLER") ?? "", root);
            }
            catch (Exception error)
            {
                Exception thrown = Fault.Unwrapped(error);
                FailInit(new Fault(thrown, thrown is RuntimeError own ? own.Kind : "Runtime.InitError"), 1);
            }
        }

        internal bool Loaded => handler != null;

        internal void FailInit(Fault fault, int status)
        {
            Logs.Failed(fault);
            Report(api.InitError, fault);
            Program.Exit(status);
        }

        /// <summary>A report that is made once, whatever the answer.</summary>
        internal static void Report(Func<Fault, Answer> report, Fault fault)
        {
            try
            {
                Answer answer = report(fault);
                if (answer.Status != 202) Logs.Say("the report of the failure was refused: " + answer);
            }
            catch (ApiException error)
            {
                Logs.Say("the failure could not be reported: " + error.Message);
            }
        }

        /// <summary>X-Ray's SDK reads it from the environment; an event without one must not see the last one's.</summary>
        private void Export(string given)
        {
            if (given == traceId) return;
            Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", given);
            traceId = given;
        }

        private static class Memory
        {
            private const GCCollectionMode Aggressive = (GCCollectionMode)3; // .NET 7 and later know it

            internal static void Return()
            {
                GCCollectionMode mode = Environment.Version.Major >= 7 ? Aggressive : GCCollectionMode.Forced;
                GC.Collect(2, mode, true, true);
            }
        }
    }
}
