// What users of AWS's clients met, each by its name: {"do": "circle"}.
using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Text.Json;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace Cases
{
    public class Unfit : Exception
    {
        public Unfit(string message, Exception cause = null)
            : base(message, cause)
        {
        }
    }

    public class Circle
    {
        public Circle Self => this;
    }

    public class Count
    {
        public int N { get; set; }
    }

    public class App
    {
        private static readonly string Started = Stopwatch.GetTimestamp().ToString();

        public int Typed(Count given) => given.N;

        public async Task<object> Handle(JsonElement given, ILambdaContext context)
        {
            string Text(string name) => given.GetProperty(name).GetString();
            int Number(string name) => given.GetProperty(name).GetInt32();
            switch (Text("do"))
            {
                case "alive": return Started;
                case "remaining": return (long)context.RemainingTime.TotalMilliseconds;
                case "text": return "é漢😀";
                case "fail": throw new Unfit(Text("message"));
                case "chain": throw new Unfit("outer", new InvalidOperationException("inner"));
                case "circle": return new Circle();
                case "large": return new string('x', Number("length"));
                case "environment":
                    return given.GetProperty("names").EnumerateArray().Select(one => one.GetString())
                        .ToDictionary(name => name, Environment.GetEnvironmentVariable);
                case "print": Console.WriteLine(Text("text")); return "printed";
                case "unfinished": Console.Write(Text("text")); return "printed";
                case "write": return Write();
                case "fetch": return await Fetch(Text("url"));
                case "cache": return Cache();
                case "descriptors":
                    return Process.Start(new ProcessStartInfo("ls", "/proc/self/fd") { RedirectStandardOutput = true })
                        .StandardOutput.ReadToEnd();
                case "time": return new Dictionary<string, DateTime> { ["t"] = DateTime.UnixEpoch };
                case "exit": Environment.Exit(Number("status")); return null;
                default: throw new ArgumentException(Text("do"));
            }
        }

        private static string Write()
        {
            using (Stream output = Console.OpenStandardOutput())
            {
                output.Write(new byte[] { (byte)'{', (byte)'}', 10, 255, 0, 10 });
            }
            var child = new ProcessStartInfo("/usr/bin/env") { UseShellExecute = false };
            foreach (string word in new[] { "printf", "%s", "{\"not\": \"the result\"}\n" }) child.ArgumentList.Add(word);
            Process.Start(child).WaitForExit();
            return "untouched";
        }

        private static async Task<object> Fetch(string url)
        {
            try
            {
                return (int)(await new HttpClient().GetAsync(url)).StatusCode;
            }
            catch (HttpRequestException failed)
            {
                return failed.Message;
            }
        }

        private static string Cache()
        {
            string folder = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + "/.cache";
            Directory.CreateDirectory(folder);
            File.WriteAllText(folder + "/kept", "kept");
            return File.ReadAllText(folder + "/kept");
        }
    }
}
