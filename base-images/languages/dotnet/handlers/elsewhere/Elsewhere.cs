namespace Conformance
{
    public static class Elsewhere
    {
        public static string handler() => "elsewhere";
    }
}
