using System;
using System.IO;

namespace LambdaImage.Client
{
    /// <summary>An answer of the Runtime API. Its body may lie in the reader's buffer, until that reads the next one.</summary>
    internal sealed class Answer
    {
        private readonly string head;

        internal Answer(int status, string head, ArraySegment<byte> body, bool reusable)
        {
            Status = status;
            this.head = head;
            Body = body;
            Reusable = reusable;
        }

        internal static readonly Answer Accepted = new Answer(202, "", default, true);

        internal int Status { get; }

        internal ArraySegment<byte> Body { get; }

        internal bool Reusable { get; }

        /// <summary>A header's value, whatever the case of its name; null where there is none or an empty one.</summary>
        internal string Header(string name) => HeaderOf(head, name);

        internal static string HeaderOf(string head, string name)
        {
            int line = head.IndexOf('\n') + 1;
            while (line > 0 && line < head.Length)
            {
                int end = head.IndexOf('\n', line);
                if (end < 0) end = head.Length;
                int colon = line + name.Length;
                if (colon < end && head[colon] == ':'
                    && string.Compare(head, line, name, 0, name.Length, StringComparison.OrdinalIgnoreCase) == 0)
                {
                    string value = head.Substring(colon + 1, end - colon - 1).Trim(' ', '\t', '\r');
                    return value.Length == 0 ? null : value;
                }
                line = end + 1;
            }
            return null;
        }

        /// <summary>For a message: the status and the beginning of the body.</summary>
        public override string ToString()
        {
            string said = Body.Count == 0
                ? ""
                : System.Text.Encoding.UTF8.GetString(Body.Array, Body.Offset, Math.Min(Body.Count, 200));
            return ("status " + Status.ToString() + " " + said.Trim()).Trim();
        }
    }

    /// <summary>Reads answers, however they are cut into segments.</summary>
    internal sealed class AnswerReader
    {
        private byte[] buffer;
        private int filled; // bytes in the buffer
        private int at; // the next one to look at
        private Wire wire;

        internal AnswerReader(int size) => buffer = new byte[size];

        /// <summary>Whether any byte of the answer has come.</summary>
        internal bool Begun { get; private set; }

        internal Answer Read(Wire from)
        {
            wire = from;
            filled = at = 0;
            Begun = false;
            string head = ReadHead();
            int status = StatusOf(head);
            while (status >= 100 && status < 200) // interim answers come first
            {
                head = ReadHead();
                status = StatusOf(head);
            }
            bool reusable = head.StartsWith("HTTP/1.1", StringComparison.Ordinal)
                && !Says(head, "Connection", "close");
            ArraySegment<byte> body;
            string length = Answer.HeaderOf(head, "Content-Length");
            if (Says(head, "Transfer-Encoding", "chunked")) body = ReadChunks();
            else if (status == 204 || status == 304) body = default;
            else if (length != null) body = ReadCounted(Number(length, 10));
            else
            {
                body = ReadToEnd();
                reusable = false;
            }
            return new Answer(status, head, body, reusable && at == filled);
        }

        private static int StatusOf(string head)
        {
            if (!head.StartsWith("HTTP/1.", StringComparison.Ordinal) || head.Length < 12 || head[8] != ' ')
                throw NotHttp("it begins with " + head.Substring(0, Math.Min(head.Length, 20)));
            return Number(head.Substring(9, 3), 10);
        }

        private static bool Says(string head, string name, string word)
        {
            string value = Answer.HeaderOf(head, name);
            return value != null && value.IndexOf(word, StringComparison.OrdinalIgnoreCase) >= 0;
        }

        /// <summary>The head, Latin-1, up to its empty line.</summary>
        private string ReadHead()
        {
            for (int look = at; ; look++)
            {
                while (look >= filled) More();
                if (buffer[look] != '\n') continue;
                bool ends = look > at && buffer[look - 1] == '\n'
                    || look > at + 1 && buffer[look - 1] == '\r' && buffer[look - 2] == '\n';
                if (!ends) continue;
                string head = Latin1(at, look - at);
                at = look + 1;
                return head;
            }
        }

        private string Latin1(int from, int count) => string.Create(count, (buffer, from), (characters, source) =>
        {
            for (int n = 0; n < characters.Length; n++) characters[n] = (char)source.buffer[source.from + n];
        });

        /// <summary>A body of known length: in the buffer where it fits, else in a place of its own, without a copy.</summary>
        private ArraySegment<byte> ReadCounted(int length)
        {
            if (at + length <= buffer.Length)
            {
                while (filled < at + length) More();
                var inside = new ArraySegment<byte>(buffer, at, length);
                at += length;
                return inside;
            }
            var body = new byte[length];
            int have = Math.Min(filled - at, length);
            Buffer.BlockCopy(buffer, at, body, 0, have);
            at += have;
            while (have < length)
            {
                int count = wire.Receive(body, have, length - have);
                if (count == 0) throw Cut();
                have += count;
            }
            return new ArraySegment<byte>(body);
        }

        private ArraySegment<byte> ReadChunks()
        {
            var body = new ByteBuffer(4096);
            for (int size = ChunkSize(); size > 0; size = ChunkSize())
            {
                for (int left = size; left > 0;)
                {
                    if (at == filled) Refill();
                    int count = Math.Min(left, filled - at);
                    body.Append(buffer, at, count);
                    at += count;
                    left -= count;
                }
                if (Line().Length > 0) throw NotHttp("a chunk is longer than it says");
            }
            while (Line().Length > 0) { } // trailers: not for us
            return body.Segment;
        }

        private int ChunkSize()
        {
            string line = Line();
            int semicolon = line.IndexOf(';');
            return Number((semicolon < 0 ? line : line.Substring(0, semicolon)).Trim(), 16);
        }

        private string Line()
        {
            if (at == filled) Refill();
            int look = at;
            while (buffer[look] != '\n')
            {
                if (++look == filled) More();
            }
            string line = Latin1(at, look - at).TrimEnd('\r');
            at = look + 1;
            return line;
        }

        private ArraySegment<byte> ReadToEnd()
        {
            var body = new ByteBuffer(4096);
            while (true)
            {
                body.Append(buffer, at, filled - at);
                at = filled = 0;
                int count = wire.Receive(buffer, 0, buffer.Length);
                if (count == 0) return body.Segment;
                filled = count;
            }
        }

        /// <summary>At least one byte, where none is left: from the buffer's beginning on.</summary>
        private void Refill()
        {
            at = filled = 0;
            More();
        }

        /// <summary>At least one byte more, behind those that are there.</summary>
        private void More()
        {
            if (filled == buffer.Length) Array.Resize(ref buffer, buffer.Length * 2);
            int count = wire.Receive(buffer, filled, buffer.Length - filled);
            if (count == 0) throw Cut();
            Begun = true;
            filled += count;
        }

        private static int Number(string digits, int numberBase)
        {
            int number = 0;
            foreach (char one in digits)
            {
                int letter = one | 0x20;
                int digit = one >= '0' && one <= '9' ? one - '0' : letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
                if (digit >= numberBase || number > 200_000_000) throw NotHttp("'" + digits + "' is no number");
                number = number * numberBase + digit;
            }
            if (digits.Length == 0) throw NotHttp("a number is missing");
            return number;
        }

        private static IOException Cut() =>
            new IOException("the Runtime API closed the connection before its answer was whole");

        private static IOException NotHttp(string why) => new IOException("the answer is not HTTP: " + why);
    }
}
