using System.Threading;

namespace LambdaImage.Client
{
    /// <summary>Thread.Interrupt: one that met no wait of its own event, or came when that was done, is not the next one's.</summary>
    internal static class Interrupts
    {
        private static readonly ManualResetEvent Open = new ManualResetEvent(true);

        internal static void Clear()
        {
            try
            {
                Open.WaitOne(0); // the cheapest wait that is told of an interrupt
            }
            catch (ThreadInterruptedException)
            {
            }
        }
    }
}
