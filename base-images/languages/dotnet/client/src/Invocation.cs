using System;
using System.Text;
using System.Threading;

namespace LambdaImage.Client
{
    /// <summary>One event, and what came with it.</summary>
    internal sealed class Invocation
    {
        // The longest a function may take: what is assumed where an event has no deadline.
        private const long Longest = 900_000;

        private static readonly AsyncLocal<Invocation> Mine = new AsyncLocal<Invocation>(changed => last = changed.PreviousValue ?? last);
        private static Invocation only;

        [ThreadStatic]
        private static Invocation last; // what this thread worked for, even after an exception has unwound it

        private readonly Answer answer;

        internal Invocation(Answer answer)
        {
            this.answer = answer;
            RequestId = Utf8(answer.Header("Lambda-Runtime-Aws-Request-Id"));
            string attempt = answer.Header("Lambda-Runtime-Invocation-Id");
            OwnHeaders = attempt == null || attempt.IndexOf('\r') >= 0
                ? ""
                : "Lambda-Runtime-Invocation-Id: " + attempt + "\r\n";
            Deadline = Number(answer.Header("Lambda-Runtime-Deadline-Ms")) ?? Now() + Longest;
        }

        /// <summary>The one that runs: of this flow of control where there are several.</summary>
        internal static Invocation Current => Concurrency.On ? Mine.Value : only;

        internal static Invocation OfThisThread => Current ?? last;

        internal string RequestId { get; }

        /// <summary>The id as a path takes it: what no path may hold is percent-encoded.</summary>
        internal string PathId => PathOf(answer.Header("Lambda-Runtime-Aws-Request-Id"));

        /// <summary>Header lines that go back with any result.</summary>
        internal string OwnHeaders { get; }

        /// <summary>The event's bytes, until the next answer is read.</summary>
        internal ArraySegment<byte> Event => answer.Body;

        internal long Deadline { get; }

        internal string Arn => Utf8(answer.Header("Lambda-Runtime-Invoked-Function-Arn")) ?? "";

        internal string TraceId => answer.Header("Lambda-Runtime-Trace-Id");

        internal string TenantId => Utf8(answer.Header("Lambda-Runtime-Aws-Tenant-Id"));

        internal string ClientContext => Utf8(answer.Header("Lambda-Runtime-Client-Context"));

        internal string Identity => Utf8(answer.Header("Lambda-Runtime-Cognito-Identity"));

        /// <summary>Whether its result, or its failure, has been posted, or begun to be.</summary>
        internal bool Answered { get; set; }

        /// <summary>Its response, where that is a stream which has begun: the only way to say anything then.</summary>
        internal Upload Upload { get; set; }

        internal static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

        internal void Enter()
        {
            if (Concurrency.On) Mine.Value = this;
            else only = this;
        }

        internal static void Leave()
        {
            if (Concurrency.On) Mine.Value = null;
            else only = null;
        }

        internal static string PathOf(string id)
        {
            foreach (char one in id)
            {
                if (one <= ' ' || one >= 127 || "/?#%\"<>\\^`{|}".IndexOf(one) >= 0) return Encoded(id);
            }
            return id;
        }

        private static string Encoded(string id)
        {
            var path = new StringBuilder();
            foreach (char one in id)
            {
                bool plain = one > ' ' && one < 127 && "/?#%\"<>\\^`{|}".IndexOf(one) < 0;
                if (plain) path.Append(one);
                else path.Append('%').Append(((int)one).ToString("X2"));
            }
            return path.ToString();
        }

        /// <summary>Digits as a number. .NET's own way asks for the culture, and so loads ICU's thirty megabytes.</summary>
        internal static long? Number(string digits)
        {
            if (digits == null || digits.Length > 18) return null;
            long number = 0;
            foreach (char one in digits)
            {
                if (one < '0' || one > '9') return null;
                number = 10 * number + one - '0';
            }
            return number;
        }

        /// <summary>A header's bytes are UTF-8.</summary>
        private static string Utf8(string latin1)
        {
            if (latin1 == null) return null;
            foreach (char one in latin1)
            {
                if (one >= 128) return Encoding.UTF8.GetString(Encoding.GetEncoding(28591).GetBytes(latin1));
            }
            return latin1;
        }
    }
}
