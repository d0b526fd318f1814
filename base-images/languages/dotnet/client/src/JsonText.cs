using System.Text;

namespace LambdaImage.Client
{
    /// <summary>
    /// Strings as JSON, without System.Text.Json, whose first use costs a start: what is no control character, quote or
    /// backslash goes out as it is, in UTF-8.
    /// </summary>
    internal static class JsonText
    {
        internal static void Member(ByteBuffer target, string name, string value)
        {
            target.Append((byte)'"').Append(name).Append("\":");
            Write(target, value);
        }

        internal static void Write(ByteBuffer target, string text)
        {
            if (text == null)
            {
                target.Append("null");
                return;
            }
            target.Append((byte)'"');
            int written = 0;
            for (int at = 0; at < text.Length; at++)
            {
                char one = text[at];
                if (one >= ' ' && one != '"' && one != '\\' && (one < 0xD800 || one > 0xDFFF)) continue;
                if (char.IsHighSurrogate(one) && at + 1 < text.Length && char.IsLowSurrogate(text[at + 1]))
                {
                    at++;
                    continue;
                }
                Plain(target, text, written, at);
                written = at + 1;
                Escaped(target, one);
            }
            Plain(target, text, written, text.Length);
            target.Append((byte)'"');
        }

        /// <summary>The same JSON in printable ASCII.</summary>
        internal static string Ascii(string json)
        {
            var ascii = new StringBuilder(json.Length);
            foreach (char one in json)
            {
                if (one >= ' ' && one <= '~') ascii.Append(one);
                else ascii.Append("\\u").Append(((int)one).ToString("x4"));
            }
            return ascii.ToString();
        }

        private static void Plain(ByteBuffer target, string text, int from, int to)
        {
            if (to == from) return;
            System.Span<byte> space = target.GetSpan(3 * (to - from));
            target.Advance(Encoding.UTF8.GetBytes(System.MemoryExtensions.AsSpan(text, from, to - from), space));
        }

        private static void Escaped(ByteBuffer target, char one)
        {
            target.Append((byte)'\\');
            int at = "\b\f\n\r\t\"\\".IndexOf(one);
            if (at >= 0) target.Append((byte)"bfnrt\"\\"[at]);
            else target.Append("u" + ((int)one).ToString("x4"));
        }
    }
}
