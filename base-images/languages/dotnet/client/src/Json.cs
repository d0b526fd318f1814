using System;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace LambdaImage.Client
{
    /// <summary>System.Text.Json, which is not touched before the first event: names in any case, text as it is.</summary>
    internal sealed class JsonSerializing : Serializer
    {
        private const int Kept = 64 * 1024;
        private const int Deepest = 1000; // as in the other languages; .NET's own is 64

        private readonly Type input, output;
        private readonly ByteBuffer buffer = Concurrency.On ? null : new ByteBuffer(256);

        internal JsonSerializing(Type input, Type output)
        {
            this.input = input;
            this.output = output;
        }

        protected override object Deserialize(ArraySegment<byte> bytes) =>
            JsonSerializer.Deserialize(bytes, input, Settings.Options);

        protected override ArraySegment<byte> Serialize(object result)
        {
            ByteBuffer target = buffer ?? new ByteBuffer(256);
            target.Clear(Kept); // of what a result that failed left
            if (result == null) return target.Append("null").Taken(Kept);
            Type type = output == typeof(object) ? result.GetType() : output;
            using (var writer = new Utf8JsonWriter(target, Settings.Writing))
            {
                JsonSerializer.Serialize(writer, result, type, Settings.Options);
            }
            return target.Taken(Kept);
        }

        /// <summary>A class of its own, so that it is made when it is used.</summary>
        private static class Settings
        {
            internal static readonly JsonSerializerOptions Options = new JsonSerializerOptions
            {
                PropertyNameCaseInsensitive = true,
                MaxDepth = Deepest,
                Encoder = AsItIs.Encoder,
            };

            internal static readonly JsonWriterOptions Writing = new JsonWriterOptions
            {
                Encoder = AsItIs.Encoder,
                SkipValidation = true,
            };
        }
    }

    /// <summary>Escapes what JSON says must be, and nothing else: escapes count against the 6 MB of a result.</summary>
    internal sealed class AsItIs : JavaScriptEncoder
    {
        internal static readonly AsItIs Encoder = new AsItIs();

        public override int MaxOutputCharactersPerInputCharacter => 6;

        public override bool WillEncode(int unicodeScalar) =>
            unicodeScalar < ' ' || unicodeScalar == '"' || unicodeScalar == '\\';

        public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
        {
            for (int at = 0; at < textLength; at++)
            {
                char one = text[at];
                if (WillEncode(one)) return at;
                if (one < 0xD800 || one > 0xDFFF) continue;
                bool pair = char.IsHighSurrogate(one) && at + 1 < textLength && char.IsLowSurrogate(text[at + 1]);
                if (!pair) return at;
                at++;
            }
            return -1;
        }

        public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text)
        {
            for (int at = 0; at < utf8Text.Length; at++)
            {
                if (WillEncode(utf8Text[at])) return at;
            }
            return -1;
        }

        public override unsafe bool TryEncodeUnicodeScalar(
            int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
        {
            string text = WillEncode(unicodeScalar) ? Escape((char)unicodeScalar) : char.ConvertFromUtf32(unicodeScalar);
            numberOfCharactersWritten = 0;
            if (bufferLength < text.Length) return false;
            foreach (char one in text) buffer[numberOfCharactersWritten++] = one;
            return true;
        }

        private static string Escape(char one)
        {
            int at = "\b\f\n\r\t\"\\".IndexOf(one);
            return at >= 0 ? "\\" + "bfnrt\"\\"[at] : "\\u" + ((int)one).ToString("x4");
        }
    }
}
