using System;
using System.IO;
using System.Reflection;

namespace LambdaImage.Client
{
    /// <summary>
    /// From an event's bytes to the method's parameter, and from its result to bytes: streams as they are, others by the
    /// serializer that the function names with Amazon.Lambda.Core's attribute, else by System.Text.Json.
    /// </summary>
    internal abstract class Serializer
    {
        private bool reads, writes; // whether events and results are streams

        private bool writesText; // whether results are strings, which need no serializer

        internal static Serializer For(MethodInfo method, Type attribute, Type input, Type output)
        {
            Type named = attribute == null ? null : Named(method, attribute);
            Serializer made = named == null ? new JsonSerializing(input, output) : Custom(named, attribute, input, output);
            made.reads = input == typeof(Stream);
            made.writes = output == typeof(Stream) || output != null && output.IsSubclassOf(typeof(Stream));
            made.writesText = named == null && output == typeof(string);
            return made;
        }

        internal object Read(ArraySegment<byte> bytes)
        {
            if (reads) return new MemoryStream(Own(bytes), false);
            try
            {
                return Deserialize(bytes);
            }
            catch (Exception error)
            {
                error = Fault.Unwrapped(error);
                throw new RuntimeError("Runtime.UnmarshalError", "the event cannot be read: " + error.Message, error);
            }
        }

        /// <summary>
        /// Bytes that stay: what a function has left running may read its stream when the next event is in the buffer. A
        /// large event has a place of its own anyway.
        /// </summary>
        protected static byte[] Own(ArraySegment<byte> bytes)
        {
            if (bytes.Array == null) return Array.Empty<byte>();
            if (bytes.Count == bytes.Array.Length) return bytes.Array;
            var own = new byte[bytes.Count];
            Buffer.BlockCopy(bytes.Array, bytes.Offset, own, 0, own.Length);
            return own;
        }

        internal ArraySegment<byte> Write(object result)
        {
            if (writes && result != null) return All((Stream)result);
            try
            {
                if (!writesText) return Serialize(result);
                var text = new ByteBuffer(((string)result ?? "").Length + 16);
                JsonText.Write(text, (string)result);
                return text.Segment;
            }
            catch (Exception error)
            {
                error = Fault.Unwrapped(error);
                throw new RuntimeError(
                    "Runtime.MarshalError", "the result cannot be written: " + error.GetType().Name + ": " + error.Message, error);
            }
        }

        protected abstract object Deserialize(ArraySegment<byte> bytes);

        protected abstract ArraySegment<byte> Serialize(object result);

        /// <summary>The type that the attribute names, on the method or else on its assembly. Asking whether is cheap.</summary>
        private static Type Named(MethodInfo method, Type attribute)
        {
            foreach (ICustomAttributeProvider one in new ICustomAttributeProvider[] { method, method.Module.Assembly })
            {
                if (!one.IsDefined(attribute, false)) continue;
                return (Type)attribute.GetProperty("SerializerType").GetValue(one.GetCustomAttributes(attribute, false)[0]);
            }
            return null;
        }

        private static Serializer Custom(Type named, Type attribute, Type input, Type output)
        {
            Type contract = attribute.Assembly.GetType("Amazon.Lambda.Core.ILambdaSerializer");
            if (!contract.IsAssignableFrom(named))
                throw new RuntimeError("Runtime.InitError", named.FullName + " is no Amazon.Lambda.Core.ILambdaSerializer");
            var types = new[] { input ?? typeof(object), output ?? typeof(object) };
            var made = (CustomSerializing)Activator.CreateInstance(typeof(CustomSerializing<,>).MakeGenericType(types));
            made.Bind(contract, Activator.CreateInstance(named), types, output != null);
            return made;
        }

        /// <summary>A stream as a result is buffered, as AWS's client does it; `IAsyncEnumerable` streams.</summary>
        private static ArraySegment<byte> All(Stream stream)
        {
            using (stream)
            {
                if (stream is MemoryStream memory && memory.TryGetBuffer(out ArraySegment<byte> inside))
                    return new ArraySegment<byte>(inside.Array, inside.Offset + (int)memory.Position, inside.Count - (int)memory.Position);
                var copy = new MemoryStream();
                stream.CopyTo(copy);
                return new ArraySegment<byte>(copy.GetBuffer(), 0, (int)copy.Length);
            }
        }
    }

    internal abstract class CustomSerializing : Serializer
    {
        /// <summary>Delegates of the serializer's own methods, for the function's types.</summary>
        internal abstract void Bind(Type contract, object serializer, Type[] types, bool hasResult);

        protected static MethodInfo Implementation(Type contract, object serializer, string name, Type type)
        {
            InterfaceMapping map = serializer.GetType().GetInterfaceMap(contract);
            for (int n = 0; n < map.InterfaceMethods.Length; n++)
            {
                if (map.InterfaceMethods[n].Name == name) return map.TargetMethods[n].MakeGenericMethod(type);
            }
            throw new MissingMethodException(contract.FullName, name);
        }
    }

    internal sealed class CustomSerializing<TIn, TOut> : CustomSerializing
    {
        private Func<Stream, TIn> deserialize;
        private Action<TOut, Stream> serialize;
        private bool writes;

        internal override void Bind(Type contract, object serializer, Type[] types, bool hasResult)
        {
            MethodInfo reading = Implementation(contract, serializer, "Deserialize", types[0]);
            MethodInfo writing = Implementation(contract, serializer, "Serialize", types[1]);
            deserialize = (Func<Stream, TIn>)reading.CreateDelegate(typeof(Func<Stream, TIn>), serializer);
            serialize = (Action<TOut, Stream>)writing.CreateDelegate(typeof(Action<TOut, Stream>), serializer);
            writes = hasResult;
        }

        protected override object Deserialize(ArraySegment<byte> bytes) => deserialize(new MemoryStream(Own(bytes), false));

        protected override ArraySegment<byte> Serialize(object result)
        {
            if (!writes) return new ArraySegment<byte>(new[] { (byte)'n', (byte)'u', (byte)'l', (byte)'l' });
            var stream = new MemoryStream();
            serialize((TOut)result, stream);
            stream.TryGetBuffer(out ArraySegment<byte> written); // also where a writer of the serializer's has closed it
            return written;
        }
    }
}
