// Methods of every shape that a handler may have, as AWS's documentation shows them. Amazon.Lambda.Core is a stand-in.
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

namespace Shop
{
    public class Order
    {
        public string Item { get; set; }

        public int Count { get; set; }
    }

    public class Functions
    {
        private readonly string greeting = "made once";
        private readonly int[] numbers = new int[1];

        public Stream Streams(Stream input) => input;

        public async Task<Stream> StreamsLater(Stream input, ILambdaContext context)
        {
            var copy = new MemoryStream();
            await input.CopyToAsync(copy);
            copy.Position = 1;
            return copy;
        }

        public void StreamsNothing(Stream input) => new StreamReader(input).ReadToEnd();

        public Order Poco(Order order) => new Order { Item = order.Item.ToUpperInvariant(), Count = order.Count + 1 };

        public async Task<Order> PocoLater(Order order, ILambdaContext context)
        {
            await Task.Delay(1);
            return new Order { Item = context.AwsRequestId, Count = order.Count };
        }

        public Task Later(Order order) => Task.Delay(order.Count);

        public async Task Fails(Order order)
        {
            await Task.Yield();
            throw new InvalidOperationException("no " + order.Item);
        }

        public async ValueTask<int> ValueLater(int number)
        {
            await Task.Yield();
            return number + 1;
        }

        public ValueTask ValueNow(int number) => default;

        public string Text(string text) => text + greeting;

        public string Nothing() => "nothing";

        public string OnlyContext(ILambdaContext context) => context.FunctionName;

        public int? Perhaps(int? number) => number;

        public IEnumerable<Order> Many(List<Order> orders) => orders;

        public Dictionary<string, object> Bag(Dictionary<string, object> bag) => bag;

        public static string Shared(string text) => text;

        private string Hidden(string text) => text;

        public string Twice(string text) => text;

        public string Twice(int number) => "number " + number;

        public string Generic<T>(T input) => "";

        public string ByReference(ref string text) => text;

        public unsafe string ByPointer(int* number) => "";

        public string OnTheStack(ReadOnlySpan<char> text) => "";

        public ref int ToReference(int number) => ref numbers[0];

        public string Three(string text, ILambdaContext context, int number) => text;

        public string SecondIsNoContext(string text, int number) => text;

        public async void Vanishes(string text) => await Task.Yield();

        public class Inner
        {
            public string Handle(string text) => "inner " + text;
        }

        [LambdaSerializer(typeof(Shouting))]
        public string Custom(string text) => text;

        [LambdaSerializer(typeof(Closing))]
        public string CustomClosing(string text) => text;

        [LambdaSerializer(typeof(Refusing))]
        public string Refused(string text) => text;

        [LambdaSerializer(typeof(Order))]
        public string NoSerializer(string text) => text;

        [LambdaSerializer(typeof(Shouting))]
        public Task CustomNothing(string text) => Task.CompletedTask;

        public Dictionary<string, string> Context(Stream nothing, ILambdaContext context)
        {
            context.Logger.LogInformation("{item} sold", "tea");
            return new Dictionary<string, string>
            {
                ["id"] = context.AwsRequestId,
                ["arn"] = context.InvokedFunctionArn,
                ["trace"] = context.TraceId,
                ["tenant"] = context.TenantId,
                ["identity"] = context.Identity.IdentityId + context.Identity.IdentityPoolId,
                ["title"] = context.ClientContext?.Client?.AppTitle,
                ["custom"] = context.ClientContext?.Custom["k"],
                ["remains"] = (context.RemainingTime.TotalSeconds > 899).ToString(),
            };
        }
    }

    public class Derived : Functions
    {
        public new string Shared(string text) => "derived " + text;
    }

    public class Open<T>
    {
        public T Handle(T input) => input;
    }

    public struct Value
    {
        public string Handle(string text) => text;
    }

    public abstract class Abstract
    {
        public string Handle(string text) => text;
    }

    public class NeedsArguments
    {
        public NeedsArguments(int number)
        {
        }

        public string Handle(string text) => text;
    }

    public class ConstructorFails
    {
        public ConstructorFails() => throw new InvalidDataException("no database");

        public string Handle(string text) => text;
    }

    public class TypeFails
    {
        static TypeFails() => throw new InvalidDataException("no settings");

        public string Handle(string text) => text;
    }

    /// <summary>Writes and reads text in capitals.</summary>
    public class Shouting : ILambdaSerializer
    {
        public T Deserialize<T>(Stream requestStream) => (T)(object)new StreamReader(requestStream).ReadToEnd().ToUpperInvariant();

        public void Serialize<T>(T response, Stream responseStream)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(response + "!");
            responseStream.Write(bytes, 0, bytes.Length);
        }
    }

    /// <summary>Closes both streams, as readers and writers do it.</summary>
    public class Closing : ILambdaSerializer
    {
        public T Deserialize<T>(Stream requestStream)
        {
            using (var reader = new StreamReader(requestStream)) return (T)(object)reader.ReadToEnd();
        }

        public void Serialize<T>(T response, Stream responseStream)
        {
            using (var writer = new StreamWriter(responseStream)) writer.Write(response);
        }
    }

    /// <summary>A class with an explicit implementation, which refuses everything.</summary>
    public class Refusing : ILambdaSerializer
    {
        T ILambdaSerializer.Deserialize<T>(Stream requestStream) => throw new FormatException("not that");

        void ILambdaSerializer.Serialize<T>(T response, Stream responseStream) => throw new FormatException("nor this");
    }
}
