// Functions as users write them: found by their handler strings, called, and what comes of it. Amazon.Lambda.Core is a
// stand-in of the same name and shape.
using System;
using System.IO;
using System.Text;

namespace LambdaImage.Client.Tests
{
    internal static class HandlerTests
    {
        private const string Head = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: r1\r\n";
        private static string folder;

        internal static void Run(string functions)
        {
            folder = functions;
            Environment.SetEnvironmentVariable("AWS_LAMBDA_FUNCTION_NAME", "shop");
            Answer("Functions::Streams", "as it is", "as it is");
            Answer("Functions::StreamsLater", "0123", "123");
            Answer("Functions::StreamsNothing", "x", "null");
            Answer("Functions::Poco", "{\"item\":\"té\",\"COUNT\":1,\"other\":[]}", "{\"Item\":\"TÉ\",\"Count\":2}");
            Answer("Functions::PocoLater", "{\"Count\":7}", "{\"Item\":\"r1\",\"Count\":7}");
            Answer("Functions::Later", "{\"Count\":1}", "null");
            Answer("Functions::ValueLater", "41", "42");
            Answer("Functions::ValueNow", "41", "null");
            Answer("Functions::Text", "\"a\\u00e9\\\"\"", "\"aé\\\"made once\"");
            Answer("Functions::Nothing", "not even JSON", "\"nothing\"");
            Answer("Functions::OnlyContext", "", "\"shop\"");
            Answer("Functions::Perhaps", "null", "null");
            Answer("Functions::Perhaps", "3", "3");
            Answer("Functions::Many", "[{\"Count\":1},{}]", "[{\"Item\":null,\"Count\":1},{\"Item\":null,\"Count\":0}]");
            Answer("Functions::Bag", "{\"a\":[1,{\"b\":null}]}", "{\"a\":[1,{\"b\":null}]}");
            Answer("Functions::Bag", Deep(500), Deep(500));
            Answer("Functions::Shared", "\"x\"", "\"x\"");
            Answer("Derived::Shared", "\"x\"", "\"derived x\"");
            Answer("Derived::Nothing", "", "\"nothing\"");
            Answer("Functions::Hidden", "\"x\"", "\"x\"");
            Answer("Functions::System.String Twice(Int32)", "4", "\"number 4\"");
            Answer("Functions+Inner::Handle", "\"x\"", "\"inner x\"");
            Answer("Value::Handle", "\"x\"", "\"x\"");
            Answer("Functions::Custom", "quiet", "QUIET!");
            Answer("Functions::CustomNothing", "quiet", "null");
            Answer("Functions::CustomClosing", "quiet", "quiet");
            Answer("Assembly::Whole::Handle", "quiet", "QUIET!");
            Answer("Assembly::Whole::Raw", "quiet", "quiet");

            Fails("Functions::Fails", "{\"Item\":\"tea\"}", "InvalidOperationException", "no tea");
            Fails("Functions::Poco", "{\"Count\":\"x\"}", "Runtime.UnmarshalError", "the event cannot be read: ");
            Fails("Functions::Poco", "[1,2", "Runtime.UnmarshalError", "the event cannot be read: ");
            Fails("Functions::Poco", "", "Runtime.UnmarshalError", "the event cannot be read: ");
            Fails("Functions::ValueLater", "null", "Runtime.UnmarshalError", "could not be converted to System.Int32");
            Fails("Functions::Poco", "null", "NullReferenceException", "");
            Fails("Functions::Bag", Deep(2000), "Runtime.UnmarshalError", "the event cannot be read: ");
            Fails("Functions::Refused", "x", "Runtime.UnmarshalError", "not that");

            NotFound("Functions::Twice", "there is more than one method of that name: give its signature");
            NotFound("Functions::Generic", "it is generic");
            NotFound("Functions::ByReference", "by reference");
            NotFound("Functions::ByPointer", "it takes a Int32*, which no event can be");
            NotFound("Functions::OnTheStack", "it takes a ReadOnlySpan`1, which no event can be");
            NotFound("Functions::ToReference", "it returns a Int32&, which no result can be");
            NotFound("Open`1::Handle", "its type is generic");
            NotFound("Functions::Three", "more than an event and a context");
            NotFound("Functions::SecondIsNoContext", "no Amazon.Lambda.Core.ILambdaContext");
            NotFound("Functions::Vanishes", "async void");
            NotFound("Functions::None", "there is no method None in Shop.Functions");
            NotFound("None::Handle", "there is no type Shop.None");
            NotFound("Abstract::Handle", "no public constructor without parameters");
            NotFound("NeedsArguments::Handle", "no public constructor without parameters");

            NotLoaded("ConstructorFails::Handle", "InvalidDataException", "no database");
            NotLoaded("TypeFails::Handle", "InvalidDataException", "no settings");
            NotLoaded("Functions::NoSerializer", "Runtime.InitError", "Shop.Order is no Amazon.Lambda.Core.ILambdaSerializer");
            NotLoaded("None::A::B", "Runtime.ImportModuleError", "the assembly None is not in");
            NotLoaded("Assembly::Orphan::Handle", "Runtime.ImportModuleError", "'Absent, Version=0.0.0.0");
            NotLoaded("Text::A::B", "Runtime.ImportModuleError", "Text is no assembly");
            foreach (string one in new[] { "", "A", "A::B", "A::B::", "::B::C", "A::::C", "A::B::C::D", "a.b" })
                NotLoaded("!" + one, "Runtime.MalformedHandlerName", "'" + one + "' is no handler name");
            NotLoaded("!Function", "Runtime.MalformedHandlerName", "Function.runtimeconfig.json is missing");

            Tests.Named("the context tells what came with the event", Context);
            Tests.Named("a result that failed", NothingIsLeftOfAFailure);
        }

        /// <summary>`Type::Method` is of the namespace Shop in Function.dll; three parts are taken as they are.</summary>
        private static Handler Found(string name)
        {
            if (name.StartsWith("!")) return Handler.Find(name.Substring(1), folder);
            return Handler.Find(name.Split("::").Length == 2 ? "Function::Shop." + name : name, folder);
        }

        private static string Result(Handler handler, string given, string headers)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(given);
            var invocation = new Invocation(new Answer(200, Head + headers, new ArraySegment<byte>(bytes), true));
            ArraySegment<byte> body = handler.Body(handler.Invoke(invocation));
            return Encoding.UTF8.GetString(body.Array, body.Offset, body.Count);
        }

        /// <summary>What a result has come to before it failed is in no later one.</summary>
        private static void NothingIsLeftOfAFailure()
        {
            Serializer json = new JsonSerializing(typeof(object), typeof(object));
            for (int n = 0; n < 2; n++)
            {
                Thrown(() => json.Write(new[] { 1.5, double.NaN }), "Runtime.MarshalError", "the result cannot be written: ");
                Thrown(() => json.Write(new object[] { "secret", typeof(string) }), "Runtime.MarshalError", "");
                ArraySegment<byte> body = json.Write(new[] { n });
                Tests.Equal("[" + n + "]", Encoding.UTF8.GetString(body.Array, body.Offset, body.Count));
            }
        }

        private static string Deep(int depth) =>
            "{\"a\":" + new string('[', depth) + "1" + new string(']', depth) + "}";

        private static string Label(string name, string given) => name + " " + given.Substring(0, Math.Min(given.Length, 60));

        private static void Answer(string name, string given, string expected) =>
            Tests.Named(Label(name, given), () =>
            {
                Handler handler = Found(name);
                for (int n = 0; n < 2; n++) Tests.Equal(expected, Result(handler, given, ""));
            });

        private static void Fails(string name, string given, string type, string message) =>
            Tests.Named(Label(name, given), () =>
            {
                Handler handler = Found(name);
                Thrown(() => Result(handler, given, ""), type, message);
            });

        private static void NotFound(string name, string message) => NotLoaded(name, "Runtime.HandlerNotFound", message);

        private static void NotLoaded(string name, string type, string message) =>
            Tests.Named(name, () => Thrown(() => Found(name), type, message));

        private static void Thrown(Action action, string type, string message)
        {
            Fault fault;
            try
            {
                action();
                throw new Exception("nothing was thrown");
            }
            catch (Exception error)
            {
                fault = new Fault(error);
            }
            Tests.Equal(type, fault.Type);
            if (!fault.Message.Contains(message)) throw new Exception("expected " + message + "\ngot " + fault.Message);
        }

        private static void Context()
        {
            string all = "Lambda-Runtime-Invoked-Function-Arn: arn:é\r\nLambda-Runtime-Trace-Id: Root=1\r\n"
                + "Lambda-Runtime-Aws-Tenant-Id: blue\r\n"
                + "Lambda-Runtime-Cognito-Identity: {\"cognitoIdentityId\":\"i\",\"cognitoIdentityPoolId\":\"p\"}\r\n"
                + "Lambda-Runtime-Client-Context: {\"custom\":{\"k\":\"v\"},\"client\":{\"app_title\":\"T\"}}\r\n";
            string latin1 = Encoding.GetEncoding(28591).GetString(Encoding.UTF8.GetBytes(all));
            Handler handler = Found("Functions::Context");
            string nothing = "{\"id\":\"r1\",\"arn\":\"\",\"trace\":null,\"tenant\":null,\"identity\":\"\",\"title\":null,"
                + "\"custom\":null,\"remains\":\"True\"}";
            Tests.Equal(
                "{\"id\":\"r1\",\"arn\":\"arn:é\",\"trace\":\"Root=1\",\"tenant\":\"blue\",\"identity\":\"ip\","
                + "\"title\":\"T\",\"custom\":\"v\",\"remains\":\"True\"}", Result(handler, "", latin1));
            Tests.Equal(nothing, Result(handler, "", ""));
            Thrown(
                () => Result(handler, "", "Lambda-Runtime-Client-Context: []\r\n"), "Runtime.LambdaContextUnmarshalError",
                "the client context is no JSON object");
            Tests.Equal(nothing, Result(handler, "", ""));
        }
    }
}
