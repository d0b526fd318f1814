// A function that looks around where it runs. It is published with settings and dependencies of its own.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.IO.Compression;
using System.Net.Http;
using System.Reflection;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Field
{
    public class Asked
    {
        public string What { get; set; }

        public string Name { get; set; }
    }

    public class Probe
    {
        public async Task<object> Handle(Asked asked)
        {
            switch (asked.What)
            {
                case "environment": return Environment.GetEnvironmentVariable(asked.Name);
                case "setting": return AppContext.GetData(asked.Name);
                case "beside": return Beside.Says;
                case "assembly": return (string)Assembly.Load(asked.Name).GetType(asked.Name).GetField("Says").GetValue(null);
                case "zone": return TimeZoneInfo.FindSystemTimeZoneById(asked.Name).BaseUtcOffset.TotalHours;
                case "month": return new CultureInfo(asked.Name).DateTimeFormat.GetMonthName(1);
                case "upper": return asked.Name.ToUpperInvariant();
                case "roots": return Roots();
                case "fetch": return await Fetch(asked.Name);
                case "home": return Home();
                case "native": return Native(asked.Name);
                case "thread": return Crash(asked.Name);
                case "missing": return Lost.Word();
                default: throw new ArgumentException(asked.What);
            }
        }

        private static async Task<string> Fetch(string url)
        {
            try
            {
                using (var client = new HttpClient()) return await client.GetStringAsync(url);
            }
            catch (HttpRequestException refused)
            {
                return refused.InnerException?.GetType().Name;
            }
        }

        private static int Roots()
        {
            using (var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine))
            {
                store.Open(OpenFlags.ReadOnly);
                return store.Certificates.Count;
            }
        }

        private static string Home()
        {
            string path = Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), "x");
            File.WriteAllText(path, "written");
            return path;
        }

        /// <summary>Through .NET's native parts and back.</summary>
        private static string Native(string text)
        {
            var packed = new MemoryStream();
            using (var zip = new GZipStream(packed, CompressionMode.Compress, true)) zip.Write(Encoding.UTF8.GetBytes(text));
            packed.Position = 0;
            string back = new StreamReader(new GZipStream(packed, CompressionMode.Decompress)).ReadToEnd();
            using (SHA256 hash = SHA256.Create()) return back + Convert.ToBase64String(hash.ComputeHash(Encoding.UTF8.GetBytes(text)));
        }

        private static string Crash(string message)
        {
            new Thread(() => throw new InvalidOperationException(message)).Start();
            Thread.Sleep(Timeout.Infinite);
            return "never";
        }
    }

    /// <summary>Uses an assembly that was forgotten when the function was published.</summary>
    internal static class Lost
    {
        internal static string Word() => Forgotten.Says;
    }

    public class Ends
    {
        static Ends() => Environment.Exit(0);

        public string Handle() => "never";
    }
}
