using System;
using System.ComponentModel;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;

namespace LambdaImage.Client
{
    /// <summary>
    /// A TCP connection by the C library's own calls. .NET's sockets would cost a start ten milliseconds, a quarter of the
    /// whole: an engine for asynchronous calls, event sources, four assemblies. Functions that use them pay for them.
    /// </summary>
    internal sealed unsafe class Wire : IDisposable
    {
        // Linux's numbers and structures, the same for all its C libraries and both architectures, which have 64 bits.
        private const int Stream = 1, CloseOnExec = 0x80000;
        private const int SocketLevel = 1, KeepAlive = 9;
        private const int TcpLevel = 6, NoDelay = 1;
        private const int Interrupted = 4;

        private int descriptor;

        private Wire(int descriptor) => this.descriptor = descriptor;

        /// <summary>To `host:port`, of whose addresses the first is taken that answers.</summary>
        internal static Wire To(string address)
        {
            int colon = address.LastIndexOf(':');
            string host = colon < 0 ? address : address.Substring(0, colon).Trim('[', ']');
            string port = colon < 0 ? "80" : address.Substring(colon + 1);
            var hints = new AddressInfo { Kind = Stream };
            AddressInfo* first;
            fixed (byte* node = Encoding.UTF8.GetBytes(host + "\0"), service = Encoding.UTF8.GetBytes(port + "\0"))
            {
                int error = getaddrinfo(node, service, &hints, &first);
                if (error != 0) throw new IOException(Marshal.PtrToStringAnsi(gai_strerror(error)));
            }
            try
            {
                return Any(first);
            }
            finally
            {
                freeaddrinfo(first);
            }
        }

        /// <summary>All of up to three parts, in one call if the system takes them at once.</summary>
        internal void Send(ArraySegment<byte> first, ArraySegment<byte> second = default, ArraySegment<byte> third = default)
        {
            fixed (byte* one = first.Array, two = second.Array, three = third.Array)
            {
                const int Count = 3;
                Part* parts = stackalloc Part[Count];
                parts[0] = new Part { Start = one + first.Offset, Count = first.Count };
                parts[1] = new Part { Start = two + second.Offset, Count = second.Count };
                parts[2] = new Part { Start = three + third.Offset, Count = third.Count };
                for (int at = 0; at < Count;)
                {
                    long sent = writev(descriptor, parts + at, Count - at);
                    if (sent < 0)
                    {
                        Failed();
                        continue;
                    }
                    while (at < Count && sent >= parts[at].Count) sent -= parts[at++].Count;
                    if (at == Count) return;
                    parts[at].Start += sent;
                    parts[at].Count -= sent;
                }
            }
        }

        /// <summary>What has come, up to so many bytes; 0 at the other side's end.</summary>
        internal int Receive(byte[] buffer, int offset, int count)
        {
            fixed (byte* start = buffer)
            {
                while (true)
                {
                    long received = read(descriptor, start + offset, count);
                    if (received >= 0) return (int)received;
                    Failed();
                }
            }
        }

        public void Dispose()
        {
            if (descriptor >= 0) close(descriptor);
            descriptor = -1;
        }

        private static Wire Any(AddressInfo* candidate)
        {
            while (true)
            {
                int made = socket(candidate->Family, Stream | CloseOnExec, 0);
                if (made >= 0 && connect(made, candidate->Address, candidate->Length) == 0)
                {
                    int yes = 1;
                    setsockopt(made, TcpLevel, NoDelay, &yes, sizeof(int));
                    setsockopt(made, SocketLevel, KeepAlive, &yes, sizeof(int));
                    return new Wire(made);
                }
                int error = Marshal.GetLastWin32Error();
                if (made >= 0) close(made);
                candidate = candidate->Next;
                if (candidate == null) throw Said(error);
            }
        }

        /// <summary>Throws what the last call failed with, unless it was only interrupted.</summary>
        private static void Failed()
        {
            int error = Marshal.GetLastWin32Error();
            if (error != Interrupted) throw Said(error);
        }

        private static IOException Said(int error) => new IOException(new Win32Exception(error).Message);

        [DllImport("libc")]
        private static extern int getaddrinfo(byte* node, byte* service, AddressInfo* hints, AddressInfo** found);

        [DllImport("libc")]
        private static extern void freeaddrinfo(AddressInfo* found);

        [DllImport("libc")]
        private static extern IntPtr gai_strerror(int error);

        [DllImport("libc", SetLastError = true)]
        private static extern int socket(int family, int kind, int protocol);

        [DllImport("libc", SetLastError = true)]
        private static extern int connect(int socket, void* address, uint length);

        [DllImport("libc")]
        private static extern int setsockopt(int socket, int level, int name, int* value, uint length);

        [DllImport("libc", SetLastError = true)]
        private static extern long writev(int descriptor, Part* parts, int count);

        [DllImport("libc", SetLastError = true)]
        private static extern long read(int descriptor, byte* start, long count);

        [DllImport("libc")]
        private static extern int close(int descriptor);

        [StructLayout(LayoutKind.Sequential)]
        private struct AddressInfo
        {
            internal int Flags, Family, Kind, Protocol;
            internal uint Length;
            internal void* Address;
            internal byte* Name;
            internal AddressInfo* Next;
        }

        [StructLayout(LayoutKind.Sequential)]
        private struct Part
        {
            internal byte* Start;
            internal long Count;
        }
    }
}
