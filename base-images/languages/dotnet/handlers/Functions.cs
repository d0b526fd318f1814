// The handler contract of the conformance suite, in C#.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace Conformance
{
    public class HandlerError : Exception
    {
        public HandlerError(string message)
            : base(message)
        {
        }

        public static void deepest(string message) => throw new HandlerError(message);
    }

    /// <summary>What top-level code is in other languages: it runs once, when the type is first used.</summary>
    public static class Started
    {
        public static readonly long Ms = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

        static Started()
        {
            string record = Environment.GetEnvironmentVariable("CONFORMANCE_INIT_RECORD");
            if (record != null) LambdaLogger.Log("Error", record);
        }
    }

    public class Functions
    {
        private const string Pattern = "0123456789abcdef";
        private static readonly long StartedMs = Started.Ms;
        private static int count;

        public static JsonElement echo(JsonElement input) => input;

        public int length(string text) => text.EnumerateRunes().Count();

        public void nothing(JsonElement input)
        {
        }

        public double nan() => double.NaN;

        public class Size
        {
            public int Length { get; set; }
        }

        public string big(Size size) => string.Concat(Enumerable.Repeat(Pattern, size.Length / 16 + 1)).Substring(0, size.Length);

        public object invalid() => new Dictionary<string, object> { ["a function"] = new Func<int>(() => 1) };

        public class Reads
        {
            [JsonPropertyName("reads")]
            public double[] Waits { get; set; } = { 0 };
        }

        public async Task<Dictionary<string, object>> context(Reads given, ILambdaContext context)
        {
            var reads = new List<object>();
            foreach (double wait in given.Waits)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(wait));
                reads.Add(new
                {
                    remaining_ms = (long)context.RemainingTime.TotalMilliseconds,
                    request_id = context.AwsRequestId,
                    tenant_id = context.TenantId,
                });
            }
            IClientContext client = context.ClientContext;
            return new Dictionary<string, object>
            {
                ["request_id"] = context.AwsRequestId,
                ["function_name"] = context.FunctionName,
                ["function_version"] = context.FunctionVersion,
                ["memory_limit_mb"] = context.MemoryLimitInMB,
                ["log_group"] = context.LogGroupName,
                ["log_stream"] = context.LogStreamName,
                ["arn"] = context.InvokedFunctionArn,
                ["tenant_id"] = context.TenantId,
                ["identity"] = Told(context.Identity),
                ["client_context"] = client == null
                    ? null
                    : new { client = Told(client.Client), custom = client.Custom, env = client.Environment },
                ["reads"] = reads,
            };
        }

        private static object Told(ICognitoIdentity identity) =>
            identity?.IdentityId == null ? null : new { id = identity.IdentityId, pool = identity.IdentityPoolId };

        private static object Told(IClientApplication client) => client == null ? null : new
        {
            installation_id = client.InstallationId,
            app_title = client.AppTitle,
            app_version_name = client.AppVersionName,
            app_version_code = client.AppVersionCode,
            app_package_name = client.AppPackageName,
        };

        public Dictionary<string, string> env(Dictionary<string, string[]> given) =>
            given["names"].ToDictionary(name => name, Environment.GetEnvironmentVariable);

        public class Trace
        {
            [JsonPropertyName("wait_ms")]
            public double WaitMs { get; set; }
        }

        public async Task<Dictionary<string, string>> trace(Trace given, ILambdaContext context)
        {
            string before = context.TraceId;
            await Task.Delay(TimeSpan.FromMilliseconds(given.WaitMs));
            return new Dictionary<string, string> { ["before"] = before, ["after"] = context.TraceId };
        }

        public class Failing
        {
            public bool Fail { get; set; }
        }

        public object counter(Failing given)
        {
            int now = Interlocked.Increment(ref count);
            if (given.Fail) HandlerError.deepest("boom");
            return new { count = now, process = Process.GetCurrentProcess().Id, started_ms = StartedMs };
        }

        public JsonElement sleep(JsonElement given)
        {
            Thread.Sleep(TimeSpan.FromMilliseconds(given.GetProperty("ms").GetDouble()));
            if (given.TryGetProperty("exit", out JsonElement status)) Environment.Exit(status.GetInt32());
            if (given.TryGetProperty("fail", out JsonElement message)) HandlerError.deepest(message.GetString());
            return given;
        }

        public class Message
        {
            [JsonPropertyName("message")]
            public string Text { get; set; } = "boom";
        }

        public Task raise(Message given)
        {
            HandlerError.deepest(given.Text);
            return Task.CompletedTask;
        }

        public class Status
        {
            [JsonPropertyName("status")]
            public int Number { get; set; }
        }

        public void exit(Status given) => Environment.Exit(given.Number);

        public class Record
        {
            public string Level { get; set; }

            public string Message { get; set; }
        }

        public class Logging
        {
            public string Stdout { get; set; }

            public string Stderr { get; set; }

            public string Unfinished { get; set; }

            public Record[] Records { get; set; } = Array.Empty<Record>();
        }

        private static readonly Dictionary<string, LogLevel> Levels = new Dictionary<string, LogLevel>
        {
            ["trace"] = LogLevel.Trace,
            ["debug"] = LogLevel.Debug,
            ["info"] = LogLevel.Information,
            ["warn"] = LogLevel.Warning,
            ["error"] = LogLevel.Error,
            ["fatal"] = LogLevel.Critical,
        };

        public string log(Logging given, ILambdaContext context)
        {
            if (given.Stdout != null) Console.WriteLine(given.Stdout);
            if (given.Stderr != null) Console.Error.WriteLine(given.Stderr);
            if (given.Unfinished != null) Console.Write(given.Unfinished);
            foreach (Record one in given.Records) context.Logger.Log(Levels[one.Level], one.Message);
            return "logged";
        }

        public string log_exception(Message given, ILambdaContext context)
        {
            try
            {
                HandlerError.deepest(given.Text);
            }
            catch (HandlerError error)
            {
                context.Logger.LogError(error, given.Text);
            }
            return "logged";
        }

        public class File
        {
            public string Name { get; set; }

            public string Write { get; set; }

            public string Folder { get; set; }
        }

        public object tmp(File given)
        {
            string path = Path.Combine("/tmp", given.Name);
            string content = System.IO.File.Exists(path) ? System.IO.File.ReadAllText(path) : null;
            if (given.Write != null) System.IO.File.WriteAllText(path, given.Write);
            return new { content };
        }

        public class Moment
        {
            public long Epoch { get; set; }
        }

        public object time(Moment given) =>
            new { local = DateTimeOffset.FromUnixTimeSeconds(given.Epoch).LocalDateTime.ToString("yyyy-MM-ddTHH:mm:ss") };

        public class Program
        {
            [JsonPropertyName("program")]
            public string Name { get; set; }

            public string[] Arguments { get; set; } = Array.Empty<string>();

            public Dictionary<string, string> Environment { get; set; } = new Dictionary<string, string>();
        }

        public object run(Program given)
        {
            var how = new ProcessStartInfo(given.Name)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            };
            foreach (string one in given.Arguments) how.ArgumentList.Add(one);
            foreach (KeyValuePair<string, string> one in given.Environment) how.Environment[one.Key] = one.Value;
            try
            {
                using (Process process = Process.Start(how))
                {
                    Task<string> error = process.StandardError.ReadToEndAsync();
                    string output = process.StandardOutput.ReadToEnd();
                    process.WaitForExit();
                    return new { status = (int?)process.ExitCode, stdout = output, stderr = error.Result };
                }
            }
            catch (System.ComponentModel.Win32Exception none)
            {
                return new { status = (int?)null, stdout = "", stderr = none.Message };
            }
        }

        public object dlopen(Dictionary<string, string> given) =>
            new { loaded = NativeLibrary.TryLoad(given["library"], out IntPtr _) };

        public object deps(Dictionary<string, string> given)
        {
            Assembly module = Assembly.Load(new AssemblyName(given["module"]));
            return new { origin = (string)module.GetType("Module").GetField("ORIGIN").GetValue(null) };
        }

        public object files(File given)
        {
            System.IO.File.WriteAllText(Path.Combine(given.Folder, given.Name), "");
            return new { names = Directory.GetFileSystemEntries(given.Folder).Select(Path.GetFileName) };
        }

        public async Task<JsonElement> async_echo(JsonElement given)
        {
            await Task.Yield();
            return given;
        }

        public async ValueTask<string> async_raise(Message given)
        {
            await Task.Yield();
            HandlerError.deepest(given.Text);
            return "never";
        }

        public object version() => new { version = Environment.Version.Major + "." + Environment.Version.Minor };
    }
}

namespace Conformance.Nested
{
    public class Deep
    {
        public static Stream handler(Stream input) => input;

        public class Inner
        {
            public Task<Stream> handler(Stream input, ILambdaContext context) => Task.FromResult(input);
        }
    }
}
