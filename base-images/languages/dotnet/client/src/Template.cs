using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace LambdaImage.Client
{
    /// <summary>
    /// Messages with places for arguments, as AWS's logger has them: "{name} is {age:N0} years old", {0} and {1} by their
    /// numbers, {@order} as JSON, {{ for a brace.
    /// </summary>
    internal sealed class Template
    {
        private const string Time = "yyyy-MM-ddTHH:mm:ss.fffK";

        private readonly List<string> texts = new List<string>(); // before the first place, after it, and so on
        private readonly List<string> places = new List<string>();
        private readonly object[] arguments;
        private readonly bool numbered; // whether all places are numbers

        internal Template(string message, object[] arguments)
        {
            this.arguments = arguments;
            Parse(message);
            numbered = places.TrueForAll(place => Invocation.Number(NameOf(place)) != null);
        }

        /// <summary>The message with its arguments; a place for which there is none stays.</summary>
        internal string Filled()
        {
            var filled = new StringBuilder(texts[0]);
            for (int n = 0; n < places.Count; n++)
            {
                filled.Append(Argument(n, out object value) ? Safe(Text, value, places[n]) : "{" + places[n] + "}");
                filled.Append(texts[n + 1]);
            }
            return filled.ToString();
        }

        /// <summary>
        /// The arguments as members of a JSON record, under their names, numbers as numbers. A record's own members stay,
        /// and no name comes twice: each is in the message all the same.
        /// </summary>
        internal void Members(ByteBuffer record)
        {
            var names = new HashSet<string>
            {
                "timestamp", "level", "requestId", "traceId", "tenantId", "message", "errorType", "errorMessage", "stackTrace",
            };
            for (int n = 0; n < places.Count; n++)
            {
                if (!Argument(n, out object value) || !names.Add(NameOf(places[n]))) continue;
                JsonText.Write(record.Append((byte)','), NameOf(places[n]));
                record.Append((byte)':').AppendUtf8(Safe(Json, value, places[n]));
            }
        }

        private void Parse(string message)
        {
            var text = new StringBuilder();
            for (int at = 0; at < message.Length; at++)
            {
                char one = message[at];
                bool twice = at + 1 < message.Length && message[at + 1] == one;
                int close = one == '{' && !twice ? message.IndexOf('}', at) : -1;
                if (close > at + 1)
                {
                    texts.Add(text.ToString());
                    places.Add(message.Substring(at + 1, close - at - 1));
                    text.Clear();
                    at = close;
                    continue;
                }
                text.Append(one);
                if (twice && (one == '{' || one == '}')) at++;
            }
            texts.Add(text.ToString());
        }

        private static string NameOf(string place)
        {
            int end = place.IndexOfAny(new[] { ':', ',' });
            return (end < 0 ? place : place.Substring(0, end)).TrimStart('@').Trim();
        }

        private bool Argument(int place, out object value)
        {
            long number = numbered ? Invocation.Number(NameOf(places[place])) ?? 0 : place;
            bool given = number < arguments.Length;
            value = given ? arguments[number] : null;
            return given;
        }

        /// <summary>Whatever an argument's own code does, what is logged fails no event.</summary>
        private static string Safe(Func<object, string, bool, string> form, object value, string place)
        {
            int colon = place.IndexOf(':');
            string format = colon < 0 ? null : place.Substring(colon + 1);
            try
            {
                return form(value, format, place[0] == '@');
            }
            catch (Exception error)
            {
                string type = value.GetType().Name;
                return form("(a " + type + " that cannot be written: " + error.GetType().Name + ")", null, false);
            }
        }

        private static string Text(object value, string format, bool isJson)
        {
            if (value == null) return "null";
            if (isJson || value is IList || value is IDictionary) return Json(value, format, isJson);
            if (format == null && (value is DateTime || value is DateTimeOffset)) format = Time;
            return value is IFormattable one ? one.ToString(format, CultureInfo.InvariantCulture) : value.ToString();
        }

        private static string Json(object value, string format, bool isJson)
        {
            if (isJson) return JsonSerializer.Serialize(value, new JsonSerializerOptions { Encoder = AsItIs.Encoder });
            if (value is byte[] bytes) return Quoted(Convert.ToBase64String(bytes));
            var parts = new List<string>();
            if (value is IDictionary members)
            {
                foreach (DictionaryEntry one in members) parts.Add(Quoted(one.Key.ToString()) + ":" + One(one.Value, format));
                return "{" + string.Join(",", parts) + "}";
            }
            if (!(value is IList list)) return One(value, format);
            foreach (object one in list) parts.Add(One(one, format));
            return "[" + string.Join(",", parts) + "]";
        }

        /// <summary>A value that holds no others: what a list holds is no list again, or it would have no end.</summary>
        private static string One(object value, string format)
        {
            if (value == null) return "null";
            if (value is bool truth) return truth ? "true" : "false";
            string text = value is IList || value is IDictionary ? value.ToString() : Text(value, format, false);
            return format == null && IsNumber(value) ? text : Quoted(text);
        }

        private static bool IsNumber(object value)
        {
            if (value is double real) return !double.IsNaN(real) && !double.IsInfinity(real);
            if (value is float single) return !float.IsNaN(single) && !float.IsInfinity(single);
            TypeCode code = value is Enum ? TypeCode.Object : Type.GetTypeCode(value.GetType());
            return code >= TypeCode.SByte && code <= TypeCode.Decimal;
        }

        private static string Quoted(string text)
        {
            var quoted = new ByteBuffer(16);
            JsonText.Write(quoted, text);
            return Encoding.UTF8.GetString(quoted.Array, 0, quoted.Length);
        }
    }
}
