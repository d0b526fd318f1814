using System;
using System.Collections;
using System.Collections.Generic;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace LambdaImage.Client
{
    /// <summary>
    /// A result that comes in pieces: an IAsyncEnumerable of byte[], ReadOnlyMemory of bytes, string, or object. A piece
    /// of type System.Net.Mime.ContentType before all others is the content type; then, of objects, an object that is
    /// neither text nor bytes is the prelude of an HTTP integration. Nothing is asked for before the last one has left.
    /// </summary>
    internal abstract class Pieces
    {
        private const string Http = "application/vnd.awslambda.http-integration-response";

        private bool closed;

        internal static bool Streams(Type type) => ElementOf(type) != null;

        internal static Pieces Of(object result)
        {
            if (result == null) return null;
            Type pieces = typeof(Pieces<>).MakeGenericType(ElementOf(result.GetType()));
            return (Pieces)Activator.CreateInstance(pieces, result);
        }

        /// <summary>Post the pieces as they come. A failure before the first is thrown, a later one is said in trailers.</summary>
        internal Answer Post(RuntimeApi api, Invocation invocation)
        {
            object piece;
            string type = "application/octet-stream";
            byte[] first = null;
            bool more = Next(out piece);
            while (more && piece != null && piece.GetType().FullName == "System.Net.Mime.ContentType")
            {
                type = piece.ToString();
                more = Next(out piece);
            }
            if (more && Bytes(piece) == null)
            {
                type = Http;
                first = Prelude(piece);
            }
            Upload upload = api.Stream(invocation, OneLine(type));
            invocation.Answered = true;
            invocation.Upload = upload;
            return upload.Run(() =>
            {
                if (first != null)
                {
                    upload.Write(new ArraySegment<byte>(first));
                    more = Next(out piece);
                }
                while (more)
                {
                    upload.Write(Bytes(piece) ?? throw new InvalidOperationException(
                        "a piece of a stream is a string or bytes, not " + (piece == null ? "null" : piece.GetType().Name)));
                    more = Next(out piece);
                }
                Close(); // what fails there is still the stream's failure
            });
        }

        /// <summary>Once, whatever became of the stream.</summary>
        internal void Close()
        {
            if (closed) return;
            closed = true;
            Dispose();
        }

        protected abstract void Dispose();

        protected abstract bool Next(out object piece);

        private static Type ElementOf(Type type)
        {
            if (type == null) return null;
            if (type.IsInterface && Fits(type)) return type.GetGenericArguments()[0];
            foreach (Type one in type.GetInterfaces())
            {
                if (Fits(one)) return one.GetGenericArguments()[0];
            }
            return null;
        }

        private static bool Fits(Type type)
        {
            if (!type.IsGenericType || type.GetGenericTypeDefinition() != typeof(IAsyncEnumerable<>)) return false;
            Type piece = type.GetGenericArguments()[0];
            return piece == typeof(byte[]) || piece == typeof(string) || piece == typeof(object)
                || piece == typeof(ReadOnlyMemory<byte>) || piece == typeof(Memory<byte>) || piece == typeof(ArraySegment<byte>);
        }

        private static ArraySegment<byte>? Bytes(object piece)
        {
            switch (piece)
            {
                case byte[] bytes: return new ArraySegment<byte>(bytes);
                case string text: return new ArraySegment<byte>(Encoding.UTF8.GetBytes(text));
                case ArraySegment<byte> segment: return segment;
                case ReadOnlyMemory<byte> memory: return new ArraySegment<byte>(memory.ToArray());
                case Memory<byte> memory: return new ArraySegment<byte>(memory.ToArray());
                default: return null;
            }
        }

        /// <summary>A content type that keeps to its header.</summary>
        internal static string OneLine(string type)
        {
            var line = new StringBuilder(type.Length);
            foreach (char one in type) line.Append(one < ' ' || one > '~' ? '?' : one);
            return line.ToString();
        }

        /// <summary>`statusCode`, `headers` and `cookies` as JSON, and eight zero bytes.</summary>
        private static byte[] Prelude(object piece)
        {
            if (piece == null) throw new InvalidOperationException("a piece of a stream is null");
            ArraySegment<byte> json = new JsonSerializing(null, typeof(object)).Write(piece);
            var prelude = new byte[json.Count + 8];
            Buffer.BlockCopy(json.Array, json.Offset, prelude, 0, json.Count);
            return prelude;
        }
    }

    internal sealed class Pieces<T> : Pieces
    {
        private readonly IAsyncEnumerator<T> source;

        public Pieces(IAsyncEnumerable<T> pieces) => source = pieces.GetAsyncEnumerator();

        protected override void Dispose()
        {
            ValueTask done = source.DisposeAsync();
            if (!done.IsCompletedSuccessfully) done.AsTask().GetAwaiter().GetResult();
        }

        protected override bool Next(out object piece)
        {
            ValueTask<bool> moved = source.MoveNextAsync();
            bool more = moved.IsCompletedSuccessfully ? moved.Result : moved.AsTask().GetAwaiter().GetResult();
            piece = more ? (object)source.Current : null;
            return more;
        }
    }

    /// <summary>A request whose body leaves in chunks. The end of the process may come between them, on another thread.</summary>
    internal sealed class Upload
    {
        private static readonly ArraySegment<byte> LineEnd = new ArraySegment<byte>(new[] { (byte)'\r', (byte)'\n' });

        private readonly object gate = new object();
        private readonly Connection connection;
        private readonly ArraySegment<byte> head;
        private readonly ByteBuffer frame = new ByteBuffer(64);
        private bool ended;

        internal Upload(Connection connection, ArraySegment<byte> head)
        {
            this.connection = connection;
            this.head = head;
        }

        /// <summary>Send the head, then what the pieces write; the API's answer, which may come before the end.</summary>
        internal Answer Run(Action pieces)
        {
            try
            {
                connection.Open();
                ApiException lost = null;
                try
                {
                    connection.Send(head, default, default);
                    End(Failure(pieces));
                }
                catch (ApiException error)
                {
                    lost = error;
                }
                return connection.Receive(lost);
            }
            finally
            {
                lock (gate) ended = true; // however it ended
                connection.Close();
            }
        }

        /// <summary>What ends the process is the stream's failure, too; false where that has ended already.</summary>
        internal bool Break(Fault fault)
        {
            lock (gate)
            {
                if (ended) return false;
                Logs.Failed(fault);
                try
                {
                    End(fault);
                    connection.Receive(null);
                }
                catch (ApiException error)
                {
                    Logs.Say("the failure could not be reported: " + error.Message);
                }
                return true;
            }
        }

        /// <summary>What the function failed with while it made the pieces; null where it did not.</summary>
        private static Fault Failure(Action pieces)
        {
            try
            {
                pieces();
                return null;
            }
            catch (Exception error) when (!(error is ApiException))
            {
                var fault = new Fault(error);
                Logs.Failed(fault);
                return fault;
            }
        }

        internal void Write(ArraySegment<byte> piece)
        {
            if (piece.Count == 0) return; // a chunk of no bytes would be the end
            lock (gate)
            {
                Await();
                frame.Clear(64);
                connection.Send(frame.AppendHex(piece.Count).Append("\r\n").Segment, piece, LineEnd);
            }
        }

        private void End(Fault fault)
        {
            lock (gate)
            {
                Await();
                ended = true;
                frame.Clear(64);
                frame.Append("0\r\n").Append(fault == null ? "" : fault.Trailers()).Append("\r\n");
                connection.Send(frame.Segment, default, default);
            }
        }

        /// <summary>What was broken off is written to no more: the process ends.</summary>
        private void Await()
        {
            while (ended) Monitor.Wait(gate);
        }
    }
}
