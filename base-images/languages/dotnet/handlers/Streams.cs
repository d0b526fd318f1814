// Handlers that stream.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Net.Mime;
using System.Text;
using System.Text.Json.Serialization;
using System.Threading.Tasks;

namespace Conformance
{
    public class Streams
    {
        public class Piece
        {
            public string Text { get; set; }

            public string Base64 { get; set; }

            public int Fill { get; set; }
        }

        public class Given
        {
            public Piece[] Pieces { get; set; } = Array.Empty<Piece>();

            [JsonPropertyName("pause_ms")]
            public double PauseMs { get; set; }

            [JsonPropertyName("content_type")]
            public string ContentType { get; set; }

            public string Message { get; set; }
        }

        public async IAsyncEnumerable<object> stream(Given given)
        {
            if (given.ContentType != null) yield return new ContentType(given.ContentType);
            for (int n = 0; n < given.Pieces.Length; n++)
            {
                if (n > 0) await Task.Delay(TimeSpan.FromMilliseconds(given.PauseMs));
                foreach (byte[] part in Parts(given.Pieces[n])) yield return part;
            }
        }

        public async IAsyncEnumerable<byte[]> stream_raise(Given given)
        {
            foreach (Piece piece in given.Pieces)
            {
                foreach (byte[] part in Parts(piece)) yield return part;
            }
            await Task.Yield();
            HandlerError.deepest(given.Message);
        }

        public class Http
        {
            public int Status { get; set; }

            public Dictionary<string, string> Headers { get; set; }

            public string[] Cookies { get; set; }

            public string Body { get; set; }
        }

        public async IAsyncEnumerable<object> stream_http(Http given)
        {
            yield return new { statusCode = given.Status, headers = given.Headers, cookies = given.Cookies };
            await Task.Yield();
            yield return given.Body;
        }

        private static IEnumerable<byte[]> Parts(Piece piece)
        {
            if (piece.Text != null) yield return Encoding.UTF8.GetBytes(piece.Text);
            if (piece.Base64 != null) yield return Convert.FromBase64String(piece.Base64);
            for (int left = piece.Fill; left > 0; left -= 65536)
            {
                byte[] block = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("0123456789abcdef", 4096)));
                yield return left < block.Length ? block.AsSpan(0, left).ToArray() : block;
            }
        }
    }
}
