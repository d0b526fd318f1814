// A stand-in for AWS's Amazon.Lambda.Core, which no registry that this project reaches serves: the same name, and the
// same shape of what functions and clients use of it. Functions of users bring AWS's own.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;

namespace Amazon.Lambda.Core
{
    public interface ILambdaContext
    {
        string AwsRequestId { get; }

        IClientContext ClientContext { get; }

        string FunctionName { get; }

        string FunctionVersion { get; }

        ICognitoIdentity Identity { get; }

        string InvokedFunctionArn { get; }

        ILambdaLogger Logger { get; }

        string LogGroupName { get; }

        string LogStreamName { get; }

        int MemoryLimitInMB { get; }

        TimeSpan RemainingTime { get; }

        string TenantId => null;

        string TraceId => string.Empty;
    }

    public interface IClientContext
    {
        IDictionary<string, string> Environment { get; }

        IClientApplication Client { get; }

        IDictionary<string, string> Custom { get; }
    }

    public interface IClientApplication
    {
        string AppPackageName { get; }

        string AppTitle { get; }

        string AppVersionCode { get; }

        string AppVersionName { get; }

        string InstallationId { get; }
    }

    public interface ICognitoIdentity
    {
        string IdentityId { get; }

        string IdentityPoolId { get; }
    }

    public enum LogLevel
    {
        Trace = 0,
        Debug = 1,
        Information = 2,
        Warning = 3,
        Error = 4,
        Critical = 5,
    }

    public interface ILambdaLogger
    {
        void Log(string message);

        void LogLine(string message);

        void Log(string level, string message) => LogLine(message);

        void Log(LogLevel level, string message) => Log(level.ToString(), message);

        void LogTrace(string message) => Log(LogLevel.Trace.ToString(), message);

        void LogDebug(string message) => Log(LogLevel.Debug.ToString(), message);

        void LogInformation(string message) => Log(LogLevel.Information.ToString(), message);

        void LogWarning(string message) => Log(LogLevel.Warning.ToString(), message);

        void LogError(string message) => Log(LogLevel.Error.ToString(), message);

        void LogCritical(string message) => Log(LogLevel.Critical.ToString(), message);

        void Log(string level, string message, params object[] args) => Log(level, message, (object)args);

        void Log(string level, Exception exception, string message, params object[] args) => Log(level, message, args);

        void LogInformation(string message, params object[] args) => Log(LogLevel.Information.ToString(), message, args);

        void LogError(Exception exception, string message, params object[] args) =>
            Log(LogLevel.Error.ToString(), exception, message, args);
    }

    public interface ILambdaSerializer
    {
        T Deserialize<T>(Stream requestStream);

        void Serialize<T>(T response, Stream responseStream);
    }

    [AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Method, AllowMultiple = false, Inherited = false)]
    public sealed class LambdaSerializerAttribute : Attribute
    {
        public LambdaSerializerAttribute(Type serializerType) => SerializerType = serializerType;

        public Type SerializerType { get; set; }
    }

    public static class LambdaLogger
    {
#pragma warning disable IDE0044, CS0414
        private static Action<string> _loggingAction = message => Console.WriteLine(message);
        private static Action<string, string, object[]> _loggingWithLevelAction = (level, message, args) => Console.WriteLine(message);
#pragma warning restore IDE0044, CS0414

        public static void Log(string message) => _loggingAction(message);

        public static void Log(string level, string message, params object[] args) => _loggingWithLevelAction(level, message, args);
    }

    public static class SnapshotRestore
    {
        private static readonly ConcurrentQueue<Func<ValueTask>> BeforeSnapshotRegistry = new ConcurrentQueue<Func<ValueTask>>();
        private static readonly ConcurrentQueue<Func<ValueTask>> AfterRestoreRegistry = new ConcurrentQueue<Func<ValueTask>>();

        public static void RegisterBeforeSnapshot(Func<ValueTask> beforeSnapshotAction) =>
            BeforeSnapshotRegistry.Enqueue(beforeSnapshotAction);

        public static void RegisterAfterRestore(Func<ValueTask> afterRestoreAction) =>
            AfterRestoreRegistry.Enqueue(afterRestoreAction);

        internal static void CopyBeforeSnapshotCallbacksToRegistry(Action<Func<ValueTask>> restoreHooksRegistryMethod)
        {
            while (BeforeSnapshotRegistry.TryDequeue(out Func<ValueTask> hook)) restoreHooksRegistryMethod(hook);
        }

        internal static void CopyAfterRestoreCallbacksToRegistry(Action<Func<ValueTask>> restoreHooksRegistryMethod)
        {
            while (AfterRestoreRegistry.TryDequeue(out Func<ValueTask> hook)) restoreHooksRegistryMethod(hook);
        }
    }
}
