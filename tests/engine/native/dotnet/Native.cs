// A library of a layer by P/Invoke.
using System.Runtime.InteropServices;

public static class Native
{
    [DllImport("field")]
    private static extern int answer();

    public static int[] Handle() => new[] { answer() };
}
