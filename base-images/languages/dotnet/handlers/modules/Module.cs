/// <summary>A dependency that lies beside the function: the handler deps loads it by name.</summary>
public static class Module
{
    public const string ORIGIN = "function";
}
