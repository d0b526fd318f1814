using System;
using System.IO;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace LambdaImage.Client
{
    /// <summary>Lambda's descriptor for records: frames of type, length, microseconds and message, big-endian.</summary>
    internal static class Telemetry
    {
        private const uint Json = 0xA55A0002;
        private const int SetFlags = 2;
        private const int CloseOnExec = 1;

        [DllImport("libc", EntryPoint = "fcntl", SetLastError = true)]
        private static extern int Control(int descriptor, int command, int argument);

        /// <summary>The descriptor as a stream, kept from child processes; null where it cannot be used.</summary>
        internal static Stream Open(string descriptor)
        {
            try
            {
                if (!int.TryParse(descriptor, out int number) || Control(number, SetFlags, CloseOnExec) != 0) return null;
                return new FileStream(new SafeFileHandle((IntPtr)number, false), FileAccess.Write, 1, false);
            }
            catch (Exception)
            {
                return null;
            }
        }

        internal static void Write(Stream to, bool json, int level, DateTime when, ByteBuffer message)
        {
            byte[] frame = Frame(json, level, (when - DateTime.UnixEpoch).Ticks / 10, message.Segment);
            to.Write(frame, 0, frame.Length);
            to.Flush();
        }

        internal static byte[] Frame(bool json, int level, long microseconds, ArraySegment<byte> message)
        {
            var frame = new byte[16 + message.Count];
            uint type = Json + (json ? 0u : 1u) + 4u * (uint)level;
            BigEndian(frame, 0, 4, type);
            BigEndian(frame, 4, 4, message.Count);
            BigEndian(frame, 8, 8, microseconds);
            Buffer.BlockCopy(message.Array, message.Offset, frame, 16, message.Count);
            return frame;
        }

        private static void BigEndian(byte[] frame, int at, int count, long value)
        {
            for (int n = count - 1; n >= 0; n--, value >>= 8) frame[at + n] = (byte)value;
        }
    }
}
