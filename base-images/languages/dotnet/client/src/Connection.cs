using System;
using System.IO;

namespace LambdaImage.Client
{
    /// <summary>
    /// One request and its answer at a time, over a wire that is kept as long as both sides allow it. A request leaves in
    /// one write, and its answer is mostly one read; no proxy is asked.
    /// </summary>
    internal sealed class Connection
    {
        private const int ReadSize = 32 * 1024;

        private readonly string address;
        private readonly AnswerReader reader;
        private Wire wire;

        internal Connection(string address)
        {
            this.address = address;
            reader = new AnswerReader(ReadSize);
        }

        /// <summary>
        /// A kept connection may have been closed meanwhile: then once more, on a new one, but only if no byte of an
        /// answer came.
        /// </summary>
        internal Answer Exchange(ByteBuffer head, ArraySegment<byte> body)
        {
            bool isKept = wire != null;
            try
            {
                return Once(head, body);
            }
            catch (ApiException error) when (isKept && error.NothingRead)
            {
                return Once(head, body);
            }
        }

        private Answer Once(ByteBuffer head, ArraySegment<byte> body)
        {
            Open();
            ApiException lost = null;
            try
            {
                wire.Send(head.Segment, body);
            }
            catch (IOException error)
            {
                lost = Lost(error, true);
            }
            return Receive(lost);
        }

        /// <summary>The answer. A server that refuses a request answers before it has read it, and closes.</summary>
        internal Answer Receive(ApiException lost)
        {
            try
            {
                Answer answer = reader.Read(wire);
                if (!answer.Reusable || lost != null) Close();
                return answer;
            }
            catch (IOException error)
            {
                Close();
                throw lost ?? Lost(error, !reader.Begun);
            }
        }

        internal void Open()
        {
            try
            {
                if (wire == null) wire = Wire.To(address);
            }
            catch (IOException error)
            {
                throw Lost(error, true);
            }
        }

        /// <summary>Part of a request that leaves in pieces.</summary>
        internal void Send(ArraySegment<byte> before, ArraySegment<byte> piece, ArraySegment<byte> after)
        {
            try
            {
                wire.Send(before, piece, after);
            }
            catch (IOException error)
            {
                throw Lost(error, false);
            }
        }

        internal void Close()
        {
            wire?.Dispose();
            wire = null;
        }

        private ApiException Lost(IOException error, bool nothingRead) =>
            new ApiException(address + ": " + error.Message, nothingRead);
    }
}
