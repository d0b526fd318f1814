using System;
using System.Collections.Generic;
using System.Net;
using System.Net.Sockets;

namespace LambdaImage.Client
{
    /// <summary>
    /// One request and its answer at a time, over a plain socket that is kept as long as both sides allow it. A request
    /// leaves in one write, and its answer is mostly one read; no proxy is asked.
    /// </summary>
    internal sealed class Connection
    {
        private const int ReadSize = 32 * 1024;
        private const int Joined = 16 * 1024; // a body up to that size is copied behind its head

        private readonly string address;
        private readonly AnswerReader reader;
        private Socket socket;

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
            if (body.Count > 0 && body.Count <= Joined)
            {
                head.Append(body.Array, body.Offset, body.Count);
                body = default;
            }
            bool isKept = socket != null;
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
                if (body.Count == 0) socket.Send(head.Array, 0, head.Length, SocketFlags.None);
                else socket.Send(new List<ArraySegment<byte>>(2) { head.Segment, body });
            }
            catch (SocketException error)
            {
                lost = Lost(error.Message, true);
            }
            return Receive(lost);
        }

        /// <summary>The answer. A server that refuses a request answers before it has read it, and closes.</summary>
        internal Answer Receive(ApiException lost)
        {
            try
            {
                Answer answer = reader.Read(socket);
                if (!answer.Reusable || lost != null) Close();
                return answer;
            }
            catch (SocketException error)
            {
                Close();
                throw lost ?? Lost(error.Message, !reader.Begun);
            }
            catch (FormatException error)
            {
                Close();
                throw lost ?? Lost(error.Message, !reader.Begun);
            }
        }

        internal void Open()
        {
            if (socket != null) return;
            int colon = address.LastIndexOf(':');
            string host = colon < 0 ? address : address.Substring(0, colon).Trim('[', ']');
            int port = colon < 0 ? 80 : int.Parse(address.Substring(colon + 1));
            Socket opened = null;
            try
            {
                IPAddress ip;
                if (!IPAddress.TryParse(host, out ip)) ip = Dns.GetHostAddresses(host)[0];
                opened = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                opened.Connect(new IPEndPoint(ip, port));
                opened.NoDelay = true;
                opened.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
                socket = opened;
            }
            catch (SocketException error)
            {
                opened?.Dispose();
                throw Lost(error.Message, true);
            }
        }

        internal void Send(byte[] bytes, int count) => socket.Send(bytes, 0, count, SocketFlags.None);

        internal void Send(IList<ArraySegment<byte>> parts) => socket.Send(parts);

        internal void Close()
        {
            Socket closed = socket;
            socket = null;
            closed?.Dispose();
        }

        internal ApiException Lost(string why, bool nothingRead) => new ApiException(address + ": " + why, nothingRead);
    }
}
