// What DOTNET_STARTUP_HOOKS names: .NET runs it before Main.
internal static class StartupHook
{
    public static void Initialize() =>
        System.Environment.SetEnvironmentVariable("CONFORMANCE_HOOK", "DOTNET_STARTUP_HOOKS");
}
