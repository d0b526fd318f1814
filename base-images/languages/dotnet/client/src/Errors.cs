using System;
using System.Collections.Generic;
using System.IO;
using System.Reflection;
using System.Text;

namespace LambdaImage.Client
{
    /// <summary>An error of the client's own, with a type that the Runtime API documents.</summary>
    internal sealed class RuntimeError : Exception
    {
        internal RuntimeError(string kind, string message, Exception cause = null)
            : base(message, cause) => Kind = kind;

        internal string Kind { get; }

        public override string StackTrace => InnerException?.StackTrace ?? base.StackTrace;
    }

    /// <summary>What is reported and logged of anything that was thrown.</summary>
    internal sealed class Fault
    {
        // The emulator crops what is longer, which leaves no JSON; servers refuse heads of a megabyte.
        private const int CauseLimit = 64 * 1024;
        private const int Deepest = 10; // of causes

        internal Fault(Exception thrown, string kind = null)
        {
            Exception = Unwrapped(thrown);
            var own = Exception as RuntimeError;
            Type = own != null ? own.Kind : NameOf(Exception.GetType());
            Kind = kind ?? KindOf(Type);
            Message = MessageOf(Exception);
            Stack = StackOf(Exception);
        }

        /// <summary>
        /// The first exception of a process takes .NET as long as its start. Where invocations share the process, the
        /// failure of one shall not hold up its neighbours: then it is one of ours, before there are any.
        /// </summary>
        internal static void Rehearse()
        {
            try
            {
                throw new RuntimeError("Runtime.Rehearsal", "");
            }
            catch (RuntimeError error)
            {
                _ = new Fault(error).Body;
            }
        }

        internal Exception Exception { get; }

        /// <summary>The type's name, as AWS's client writes it.</summary>
        internal string Type { get; }

        /// <summary>Category.Reason, for the header.</summary>
        internal string Kind { get; }

        internal string Message { get; }

        internal List<string> Stack { get; }

        internal ArraySegment<byte> Body
        {
            get
            {
                var body = new ByteBuffer(1024);
                Whole(body, 0);
                return body.Segment;
            }
        }

        /// <summary>The error with what caused it, and what caused that.</summary>
        private void Whole(ByteBuffer body, int depth)
        {
            body.Append((byte)'{');
            Members(body);
            Exception cause = Exception is RuntimeError ? null : Exception.InnerException;
            if (cause != null && depth < Deepest)
            {
                body.Append(",\"cause\":");
                new Fault(cause).Whole(body, depth + 1);
            }
            body.Append((byte)'}');
        }

        /// <summary>The members of an error, as in a record.</summary>
        internal void Members(ByteBuffer body)
        {
            JsonText.Member(body, "errorType", Type);
            JsonText.Member(body.Append((byte)','), "errorMessage", Message);
            body.Append(",\"stackTrace\":[");
            for (int n = 0; n < Stack.Count; n++)
            {
                if (n > 0) body.Append((byte)',');
                JsonText.Write(body, Stack[n]);
            }
            body.Append((byte)']');
        }

        /// <summary>Header lines, each with its end.</summary>
        internal string Headers()
        {
            string kind = "Lambda-Runtime-Function-Error-Type: " + Kind + "\r\n";
            string cause = Message.Length > CauseLimit ? null : Cause();
            return cause == null || cause.Length >= CauseLimit
                ? kind
                : kind + "Lambda-Runtime-Function-XRay-Error-Cause: " + cause + "\r\n";
        }

        /// <summary>Header lines that may follow a stream.</summary>
        internal string Trailers()
        {
            ArraySegment<byte> body = Body;
            return "Lambda-Runtime-Function-Error-Type: " + Kind + "\r\nLambda-Runtime-Function-Error-Body: "
                + Convert.ToBase64String(body.Array, body.Offset, body.Count) + "\r\n";
        }

        internal static string KindOf(string type)
        {
            bool own = type.StartsWith("Runtime.", StringComparison.Ordinal);
            var word = new StringBuilder(own ? "" : "Function.");
            foreach (char one in type)
            {
                if (one >= 'a' && one <= 'z' || one >= 'A' && one <= 'Z' || one >= '0' && one <= '9' || one == '_'
                    || own && one == '.') word.Append(one);
            }
            return word.Length == "Function.".Length && !own ? "Function.Error" : word.ToString();
        }

        /// <summary>For X-Ray: one line of printable ASCII.</summary>
        private string Cause()
        {
            var cause = new ByteBuffer(1024);
            cause.Append((byte)'{');
            JsonText.Member(cause, "working_directory", WorkingFolder());
            cause.Append(",\"exceptions\":[{");
            JsonText.Member(cause, "type", Type);
            JsonText.Member(cause.Append((byte)','), "message", Message);
            cause.Append(",\"stack\":[");
            var paths = new List<string>();
            bool first = true;
            foreach (string frame in Stack) Frame(cause, frame, paths, ref first);
            cause.Append("]}],\"paths\":[");
            for (int n = 0; n < paths.Count; n++)
            {
                if (n > 0) cause.Append((byte)',');
                JsonText.Write(cause, paths[n]);
            }
            cause.Append("]}");
            return JsonText.Ascii(Encoding.UTF8.GetString(cause.Array, 0, cause.Length));
        }

        private static string WorkingFolder()
        {
            try
            {
                return Directory.GetCurrentDirectory();
            }
            catch (Exception)
            {
                return ""; // the function has removed it
            }
        }

        /// <summary>`at Name.Space.Method(Type name) in /path/File.cs:line 12`</summary>
        private static void Frame(ByteBuffer cause, string line, List<string> paths, ref bool first)
        {
            if (!line.StartsWith("at ", StringComparison.Ordinal)) return;
            int place = line.LastIndexOf(" in ", StringComparison.Ordinal);
            int colon = line.LastIndexOf(":line ", StringComparison.Ordinal);
            bool placed = place > 0 && colon > place;
            string path = placed ? line.Substring(place + 4, colon - place - 4) : "";
            string label = placed ? line.Substring(3, place - 3) : line.Substring(3);
            int number = placed && int.TryParse(line.Substring(colon + 6), out int given) ? given : 0;
            if (path.Length > 0 && !paths.Contains(path)) paths.Add(path);
            cause.Append(first ? "{" : ",{");
            first = false;
            JsonText.Member(cause, "path", path);
            cause.Append(",\"line\":").Append(number).Append((byte)',');
            JsonText.Member(cause, "label", label);
            cause.Append((byte)'}');
        }

        /// <summary>What reflection and tasks wrap around an exception is not the function's.</summary>
        internal static Exception Unwrapped(Exception thrown)
        {
            while (thrown.InnerException != null && (thrown is TargetInvocationException
                || thrown is TypeInitializationException
                || thrown is AggregateException many && many.InnerExceptions.Count == 1))
            {
                thrown = thrown.InnerException;
            }
            return thrown;
        }

        private static string NameOf(Type type)
        {
            int tick = type.Name.IndexOf('`');
            return tick < 0 ? type.Name : type.Name.Substring(0, tick);
        }

        private static string MessageOf(Exception exception)
        {
            try
            {
                return exception.Message ?? "";
            }
            catch (Exception problem)
            {
                return "the error's message cannot be read: " + NameOf(problem.GetType());
            }
        }

        /// <summary>The frames; how the client got to the function's own code is left out.</summary>
        private static List<string> StackOf(Exception exception)
        {
            var stack = new List<string>();
            string text;
            try
            {
                text = exception.StackTrace ?? "";
            }
            catch (Exception)
            {
                return stack;
            }
            foreach (string line in text.Split('\n'))
            {
                string frame = line.Trim();
                if (frame.Length == 0 || frame.Contains(" LambdaImage.Client.") || frame.StartsWith("---")) continue;
                if (frame.StartsWith("at System.Runtime.CompilerServices.TaskAwaiter")) continue;
                if (frame.StartsWith("at System.Runtime.ExceptionServices.")) continue;
                stack.Add(frame);
            }
            return stack;
        }
    }
}
