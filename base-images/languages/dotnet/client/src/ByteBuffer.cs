using System;
using System.Buffers;
using System.Text;

namespace LambdaImage.Client
{
    /// <summary>Bytes that are put together: request heads, JSON. Kept and cleared, so that what fits costs nothing.</summary>
    internal sealed class ByteBuffer : IBufferWriter<byte>
    {
        private byte[] bytes;
        private int length;

        internal ByteBuffer(int capacity) => bytes = new byte[capacity];

        internal int Length => length;

        internal byte[] Array => bytes;

        internal ArraySegment<byte> Segment => new ArraySegment<byte>(bytes, 0, length);

        /// <summary>Empty; what became large for one invocation is not kept for the next.</summary>
        internal void Clear(int kept)
        {
            if (bytes.Length > kept) bytes = new byte[kept];
            length = 0;
        }

        /// <summary>What is in it, which is the taker's until the next is put in; a large array is the taker's alone.</summary>
        internal ArraySegment<byte> Taken(int kept)
        {
            ArraySegment<byte> taken = Segment;
            Clear(kept);
            return taken;
        }

        /// <summary>Text of which each character is one byte (Latin-1): heads.</summary>
        internal ByteBuffer Append(string latin1)
        {
            Reserve(latin1.Length);
            for (int at = 0; at < latin1.Length; at++) bytes[length + at] = (byte)latin1[at];
            length += latin1.Length;
            return this;
        }

        internal ByteBuffer AppendUtf8(string text)
        {
            Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
            length += Encoding.UTF8.GetBytes(text, 0, text.Length, bytes, length);
            return this;
        }

        internal ByteBuffer Append(byte one)
        {
            Reserve(1);
            bytes[length++] = one;
            return this;
        }

        internal ByteBuffer Append(byte[] source, int offset, int count)
        {
            Reserve(count);
            Buffer.BlockCopy(source, offset, bytes, length, count);
            length += count;
            return this;
        }

        internal ByteBuffer Append(ReadOnlySpan<byte> source)
        {
            Reserve(source.Length);
            source.CopyTo(new Span<byte>(bytes, length, source.Length));
            length += source.Length;
            return this;
        }

        internal ByteBuffer Append(long number)
        {
            if (number < 0) return Append((byte)'-').Append(-number);
            if (number >= 10) Append(number / 10);
            return Append((byte)('0' + number % 10));
        }

        internal ByteBuffer AppendHex(int number)
        {
            if (number >= 16) AppendHex(number >> 4);
            return Append((byte)"0123456789abcdef"[number & 15]);
        }

        // As System.Text.Json writes into it.
        public void Advance(int count) => length += count;

        public Memory<byte> GetMemory(int sizeHint)
        {
            Reserve(Math.Max(sizeHint, 256));
            return new Memory<byte>(bytes, length, bytes.Length - length);
        }

        public Span<byte> GetSpan(int sizeHint) => GetMemory(sizeHint).Span;

        private void Reserve(int count)
        {
            if (bytes.Length - length >= count) return;
            System.Array.Resize(ref bytes, Math.Max(bytes.Length * 2, length + count));
        }
    }
}
