using System;

namespace LambdaImage.Client
{
    /// <summary>The Runtime API cannot be reached, ended the connection, or answered what is not HTTP.</summary>
    internal sealed class ApiException : Exception
    {
        internal ApiException(string message, bool nothingRead)
            : base(message) => NothingRead = nothingRead;

        /// <summary>Whether the connection was lost before a byte of the answer came.</summary>
        internal bool NothingRead { get; }
    }

    /// <summary>
    /// Every call there is, and each call's bytes. No call has a timeout: the environment may be frozen for long. One
    /// connection is kept, for one caller at a time.
    /// </summary>
    internal sealed class RuntimeApi
    {
        internal const string Version = "0.1.0";
        private const string Prefix = "/2018-06-01/runtime";
        private const string Json = "Content-Type: application/json\r\nContent-Length: ";
        private const int KeptRequest = 4096;

        private readonly string common;
        private readonly Connection kept;
        private readonly ByteBuffer head = new ByteBuffer(KeptRequest);

        internal RuntimeApi(string address)
        {
            Address = address;
            common = " HTTP/1.1\r\nHost: " + address + "\r\nUser-Agent: " + UserAgent + "\r\n";
            kept = new Connection(address);
        }

        /// <summary>With .NET's version as its folder is named; Environment.Version costs three milliseconds.</summary>
        internal static string UserAgent
        {
            get
            {
                string[] folders = typeof(object).Assembly.Location.Split('/');
                string version = folders.Length > 1 ? folders[folders.Length - 2] : Environment.Version.ToString();
                return "aws-lambda-dotnet/" + version + "-lambda-image-" + Version;
            }
        }

        internal string Address { get; }

        /// <summary>The same API for another caller at the same time.</summary>
        internal RuntimeApi Another() => new RuntimeApi(Address);

        internal Answer Next() => Get("/invocation/next");

        internal Answer Response(Invocation invocation, ArraySegment<byte> body) =>
            Post("/invocation/", invocation.PathId, "/response", invocation.OwnHeaders, body);

        internal Answer Error(Invocation invocation, Fault fault) =>
            Post("/invocation/", invocation.PathId, "/error", invocation.OwnHeaders + fault.Headers(), fault.Body);

        internal Answer InitError(Fault fault) => Post("/init/error", "", "", fault.Headers(), fault.Body);

        internal Answer RestoreNext() => Get("/restore/next");

        internal Answer RestoreError(Fault fault) => Post("/restore/error", "", "", fault.Headers(), fault.Body);

        /// <summary>
        /// Begin a streamed response. The connection is one of its own, since what is sent in pieces cannot be sent
        /// again, and is closed afterwards.
        /// </summary>
        internal Upload Stream(Invocation invocation, string contentType)
        {
            Begin("POST ", "/invocation/", invocation.PathId, "/response");
            head.Append("Content-Type: ").Append(contentType).Append("\r\n").Append(invocation.OwnHeaders);
            head.Append("Lambda-Runtime-Function-Response-Mode: streaming\r\nTransfer-Encoding: chunked\r\n");
            head.Append("Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body\r\n");
            head.Append("Connection: close\r\n\r\n");
            return new Upload(new Connection(Address), head.Segment);
        }

        /// <summary>Forget the connection.</summary>
        internal void Close() => kept.Close();

        private Answer Get(string path)
        {
            Begin("GET ", path, "", "");
            return kept.Exchange(head.Append("\r\n"), default);
        }

        private Answer Post(string path, string id, string call, string headers, ArraySegment<byte> body)
        {
            Begin("POST ", path, id, call);
            head.Append(headers).Append(Json).Append(body.Count).Append("\r\n\r\n");
            return kept.Exchange(head, body);
        }

        private void Begin(string method, string path, string id, string call)
        {
            head.Clear(KeptRequest);
            head.Append(method).Append(Prefix).Append(path).Append(id).Append(call).Append(common);
        }
    }
}
