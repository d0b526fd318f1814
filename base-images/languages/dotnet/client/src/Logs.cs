using System;
using System.IO;
using System.Text;

namespace LambdaImage.Client
{
    /// <summary>
    /// Records of the function's logger and the client's own lines. A record is one write: to standard output, or as a
    /// frame to the descriptor that Lambda gives.
    /// </summary>
    internal static class Logs
    {
        // Lambda's levels, from the least; ours are .NET's, which AWS's client writes in JSON.
        private static readonly string[] Lambdas = { "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL" };
        private static readonly string[] DotNets =
            { "Trace", "Debug", "Information", "Warning", "Error", "Critical" };

        private static readonly object Gate = new object();
        private static bool json;
        private static int least;
        private static Stream output;
        private static bool framed;

        /// <summary>As the environment says, which then no longer names the descriptor.</summary>
        internal static void Begin()
        {
            json = Concurrency.On || Is(Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_FORMAT"), "JSON");
            string level = Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_LEVEL");
            least = string.IsNullOrEmpty(level) ? 2 : LevelOf(level);
            string descriptor = Environment.GetEnvironmentVariable("_LAMBDA_TELEMETRY_LOG_FD");
            if (descriptor == null) return;
            Environment.SetEnvironmentVariable("_LAMBDA_TELEMETRY_LOG_FD", null);
            output = Telemetry.Open(descriptor);
            framed = output != null;
        }

        /// <summary>A line of the client's own, on standard error.</summary>
        internal static void Say(string line)
        {
            byte[] bytes = Encoding.UTF8.GetBytes("lambda: " + line + "\n");
            try
            {
                using (Stream error = Console.OpenStandardError()) error.Write(bytes, 0, bytes.Length);
            }
            catch (Exception error) when (Closed(error))
            {
            }
        }

        /// <summary>Why the process ends, and its end.</summary>
        internal static void End(string why)
        {
            Say(why);
            Concurrency.Drain();
            Program.Exit(1);
        }

        /// <summary>A failure, once, unless the function logs its own.</summary>
        internal static void Failed(Fault fault)
        {
            if (!Is(Environment.GetEnvironmentVariable("LAMBDA_IMAGE_LOG_ERRORS"), "off"))
                Write(4, fault.Message, fault, null);
        }

        internal static int LevelOf(string name)
        {
            for (int n = 0; n < Lambdas.Length; n++)
            {
                if (Is(name, Lambdas[n]) || Is(name, DotNets[n])) return n;
            }
            return 2;
        }

        internal static bool Writes(int level) => level >= least;

        /// <summary>A record, if its level is written.</summary>
        internal static void Record(int level, Exception exception, string message, object[] arguments)
        {
            if (!Writes(level)) return;
            string filled = message ?? "";
            Template template = arguments != null && arguments.Length > 0 ? new Template(filled, arguments) : null;
            if (template != null) filled = template.Filled();
            Write(level, filled, exception == null ? null : new Fault(exception), template);
        }

        private static void Write(int level, string message, Fault fault, Template template)
        {
            Invocation running = Invocation.Current;
            var record = new ByteBuffer(256);
            DateTime now = DateTime.UtcNow;
            string time = now.ToString("yyyy-MM-ddTHH:mm:ss.fff", System.Globalization.CultureInfo.InvariantCulture) + "Z";
            if (json) AsJson(record, level, time, message, fault, running, template);
            else AsText(record, level, time, message, fault, running);
            if (!framed) record.Append((byte)'\n');
            lock (Gate)
            {
                try
                {
                    if (output == null) output = Console.OpenStandardOutput();
                    if (framed) Telemetry.Write(output, json, level + 1, now, record);
                    else output.Write(record.Array, 0, record.Length);
                }
                catch (Exception error) when (Closed(error))
                {
                }
            }
        }

        /// <summary>The function has closed what is written to: no reason to leave an event without an answer.</summary>
        private static bool Closed(Exception error) =>
            error is IOException || error is UnauthorizedAccessException || error is ObjectDisposedException;

        private static void AsJson(
            ByteBuffer record, int level, string time, string message, Fault fault, Invocation running, Template template)
        {
            record.Append((byte)'{');
            JsonText.Member(record, "timestamp", time);
            JsonText.Member(record.Append((byte)','), "level", DotNets[level]);
            if (running != null)
            {
                JsonText.Member(record.Append((byte)','), "requestId", running.RequestId);
                if (running.TraceId != null) JsonText.Member(record.Append((byte)','), "traceId", running.TraceId);
                if (running.TenantId != null) JsonText.Member(record.Append((byte)','), "tenantId", running.TenantId);
            }
            JsonText.Member(record.Append((byte)','), "message", message);
            template?.Members(record);
            if (fault != null) fault.Members(record.Append((byte)','));
            record.Append((byte)'}');
        }

        private static void AsText(
            ByteBuffer record, int level, string time, string message, Fault fault, Invocation running)
        {
            string id = running == null ? "-" : running.RequestId;
            record.AppendUtf8(time + "\t" + id + "\t" + Lambdas[level].ToLowerInvariant() + "\t");
            if (fault != null && message == fault.Message) record.AppendUtf8(fault.Type + ": ");
            record.AppendUtf8(message);
            if (fault == null) return;
            if (message != fault.Message) record.AppendUtf8("\n" + fault.Type + ": " + fault.Message);
            foreach (string frame in fault.Stack) record.AppendUtf8("\n   " + frame);
        }

        private static bool Is(string value, string word) =>
            string.Equals(value, word, StringComparison.OrdinalIgnoreCase);
    }
}
