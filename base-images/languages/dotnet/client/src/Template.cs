using System.Globalization;
using System.Text;

namespace LambdaImage.Client
{
    /// <summary>Messages with places for arguments, as .NET's loggers have them: "{name} is {age:N0} years old".</summary>
    internal static class Template
    {
        internal static string Fill(string template, object[] arguments)
        {
            var filled = new StringBuilder();
            int from = 0;
            for (int n = 0; Next(template, from, out int open, out int close); n++)
            {
                filled.Append(template, from, open - from);
                if (n < arguments.Length) filled.Append(Text(arguments[n], Format(template, open, close)));
                else filled.Append(template, open, close - open + 1);
                from = close + 1;
            }
            return filled.Append(template, from, template.Length - from).ToString();
        }

        /// <summary>The arguments as members of a JSON record, under their names.</summary>
        internal static void Members(ByteBuffer record, string template, object[] arguments)
        {
            int from = 0;
            for (int n = 0; n < arguments.Length && Next(template, from, out int open, out int close); n++)
            {
                string name = template.Substring(open + 1, close - open - 1).TrimStart('@');
                int end = name.IndexOfAny(new[] { ':', ',' });
                record.Append((byte)',');
                JsonText.Write(record, end < 0 ? name : name.Substring(0, end));
                record.Append((byte)':');
                JsonText.Write(record, arguments[n] == null ? null : Text(arguments[n], null));
                from = close + 1;
            }
        }

        private static bool Next(string template, int from, out int open, out int close)
        {
            open = template.IndexOf('{', from);
            close = open < 0 ? -1 : template.IndexOf('}', open);
            return close > open + 1;
        }

        private static string Format(string template, int open, int close)
        {
            int colon = template.IndexOf(':', open, close - open);
            return colon < 0 ? null : template.Substring(colon + 1, close - colon - 1);
        }

        private static string Text(object value, string format)
        {
            if (value is System.IFormattable one) return one.ToString(format, CultureInfo.InvariantCulture);
            return value == null ? "null" : value.ToString();
        }
    }
}
