using System;
using System.Collections.Generic;
using System.Reflection;
using System.Text.Json;

namespace LambdaImage.Client
{
    /// <summary>
    /// ILambdaContext and what hangs from it, as the function's own Amazon.Lambda.Core declares them: members are
    /// answered by name, so any version of it will do.
    /// </summary>
    internal sealed class Facades
    {
        private readonly Func<object> make;

        internal Facades(Type contextType) => make = Facade.Maker(contextType);

        internal object Context(Invocation invocation)
        {
            object made = make();
            ((Facade)made).Answers = new ContextAnswers(invocation);
            return made;
        }
    }

    /// <summary>An object of an interface that is known only when it runs.</summary>
    public class Facade : DispatchProxy
    {
        private static readonly Dictionary<Type, Func<object>> Makers = new Dictionary<Type, Func<object>>();

        internal IAnswers Answers { get; set; }

        internal static Func<object> Maker(Type wanted)
        {
            lock (Makers)
            {
                if (Makers.TryGetValue(wanted, out Func<object> known)) return known;
                MethodInfo create = typeof(DispatchProxy).GetMethod("Create", Type.EmptyTypes) ?? typeof(DispatchProxy).GetMethod("Create");
                create = create.MakeGenericMethod(wanted, typeof(Facade));
                return Makers[wanted] = (Func<object>)create.CreateDelegate(typeof(Func<object>));
            }
        }

        internal static object Of(Type wanted, IAnswers answers)
        {
            var made = (Facade)Maker(wanted)();
            made.Answers = answers;
            return made;
        }

        protected override object Invoke(MethodInfo targetMethod, object[] args)
        {
            object answer = Answers.To(targetMethod, args);
            Type type = targetMethod.ReturnType;
            return answer == null && type.IsValueType && type != typeof(void) ? Activator.CreateInstance(type) : answer;
        }
    }

    internal interface IAnswers
    {
        object To(MethodInfo method, object[] arguments);
    }

    /// <summary>ILambdaContext.</summary>
    internal sealed class ContextAnswers : IAnswers
    {
        private static readonly string Name = Variable("AWS_LAMBDA_FUNCTION_NAME");
        private static readonly string Version = Variable("AWS_LAMBDA_FUNCTION_VERSION");
        private static readonly string LogGroup = Variable("AWS_LAMBDA_LOG_GROUP_NAME");
        private static readonly string LogStream = Variable("AWS_LAMBDA_LOG_STREAM_NAME");
        private static readonly int Memory = (int)(Invocation.Number(Variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")) ?? 0);

        // Read here: the event's bytes and heads are the connection's, until the next ones come.
        private readonly Invocation invocation;
        private object clientContext, identity, logger;

        internal ContextAnswers(Invocation invocation)
        {
            this.invocation = invocation;
            Check(invocation.ClientContext, "the client context");
            Check(invocation.Identity, "the Cognito identity");
        }

        public object To(MethodInfo method, object[] arguments)
        {
            switch (method.Name)
            {
                case "get_AwsRequestId": return invocation.RequestId;
                case "get_FunctionName": return Name;
                case "get_FunctionVersion": return Version;
                case "get_InvokedFunctionArn": return invocation.Arn;
                case "get_LogGroupName": return LogGroup;
                case "get_LogStreamName": return LogStream;
                case "get_MemoryLimitInMB": return Memory;
                case "get_RemainingTime": return TimeSpan.FromMilliseconds(invocation.Deadline - Invocation.Now());
                case "get_TraceId": return invocation.TraceId;
                case "get_TenantId": return invocation.TenantId;
                case "get_Logger": return logger ?? (logger = Facade.Of(method.ReturnType, LoggerAnswers.Only));
                case "get_ClientContext":
                    if (invocation.ClientContext == null) return null;
                    return clientContext ?? (clientContext = Facade.Of(method.ReturnType, new Members(invocation.ClientContext)));
                case "get_Identity":
                    return identity ?? (identity = Facade.Of(method.ReturnType, new Members(invocation.Identity ?? "{}")));
                default: return null;
            }
        }

        private static string Variable(string name) => Environment.GetEnvironmentVariable(name) ?? "";

        private static void Check(string json, string what)
        {
            if (json == null) return;
            try
            {
                using (JsonDocument document = JsonDocument.Parse(json))
                {
                    if (document.RootElement.ValueKind == JsonValueKind.Object) return;
                }
            }
            catch (JsonException error)
            {
                throw new RuntimeError("Runtime.LambdaContextUnmarshalError", what + " is not JSON: " + error.Message, error);
            }
            throw new RuntimeError("Runtime.LambdaContextUnmarshalError", what + " is no JSON object");
        }
    }

    /// <summary>IClientContext, IClientApplication, ICognitoIdentity: members of a JSON object.</summary>
    internal sealed class Members : IAnswers
    {
        private static readonly Dictionary<string, string[]> Names = new Dictionary<string, string[]>
        {
            ["Client"] = new[] { "client" },
            ["Custom"] = new[] { "custom", "Custom" },
            ["Environment"] = new[] { "env", "environment" },
            ["AppPackageName"] = new[] { "app_package_name" },
            ["AppTitle"] = new[] { "app_title" },
            ["AppVersionCode"] = new[] { "app_version_code" },
            ["AppVersionName"] = new[] { "app_version_name" },
            ["InstallationId"] = new[] { "installation_id" },
            ["IdentityId"] = new[] { "cognitoIdentityId", "cognito_identity_id" },
            ["IdentityPoolId"] = new[] { "cognitoIdentityPoolId", "cognito_identity_pool_id" },
        };

        private readonly JsonElement members;
        private readonly Dictionary<string, object> made = new Dictionary<string, object>();

        internal Members(string json)
            : this(JsonDocument.Parse(json).RootElement)
        {
        }

        private Members(JsonElement members) => this.members = members;

        public object To(MethodInfo method, object[] arguments)
        {
            string name = method.Name.Substring(method.Name.IndexOf('_') + 1);
            if (!made.TryGetValue(name, out object value)) made[name] = value = Value(name, method.ReturnType);
            return value;
        }

        private object Value(string name, Type type)
        {
            bool isMap = type == typeof(IDictionary<string, string>);
            if (!Find(name, out JsonElement found)) return isMap ? new Dictionary<string, string>() : null;
            if (isMap) return Map(found);
            if (type == typeof(string)) return Text(found);
            return found.ValueKind == JsonValueKind.Object && type.IsInterface ? Facade.Of(type, new Members(found)) : null;
        }

        private bool Find(string name, out JsonElement found)
        {
            found = default;
            if (!Names.TryGetValue(name, out string[] spellings)) return false;
            foreach (string one in spellings)
            {
                if (members.TryGetProperty(one, out found)) return true;
            }
            return false;
        }

        private static Dictionary<string, string> Map(JsonElement from)
        {
            var map = new Dictionary<string, string>();
            if (from.ValueKind != JsonValueKind.Object) return map;
            foreach (JsonProperty one in from.EnumerateObject()) map[one.Name] = Text(one.Value);
            return map;
        }

        private static string Text(JsonElement value) =>
            value.ValueKind == JsonValueKind.Null ? null
            : value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText();
    }

    /// <summary>ILambdaLogger, whatever overloads the function's version of it has.</summary>
    internal sealed class LoggerAnswers : IAnswers
    {
        internal static readonly LoggerAnswers Only = new LoggerAnswers();

        public object To(MethodInfo method, object[] arguments)
        {
            string level = method.Name.StartsWith("Log") ? method.Name.Substring(3) : "";
            ParameterInfo[] parameters = method.GetParameters();
            string message = null;
            Exception exception = null;
            object[] values = null;
            for (int n = 0; n < parameters.Length; n++)
            {
                object given = arguments[n];
                string name = parameters[n].Name;
                bool isLevel = parameters[n].ParameterType.IsEnum || name == "level" || name == "logLevel";
                if (isLevel) level = given?.ToString() ?? "";
                else if (given is Exception one) exception = one;
                else if (given is string text) message = text;
                else if (given is object[] many) values = many;
            }
            Logs.Record(Logs.LevelOf(level), exception, message ?? exception?.Message, values);
            return null;
        }
    }

    /// <summary>The static LambdaLogger: its fields of actions are there to be replaced.</summary>
    internal static class LambdaLogger
    {
        internal static void Connect(Assembly core)
        {
            Type logger = core.GetType("Amazon.Lambda.Core.LambdaLogger");
            Set(logger, "_loggingAction", new Action<string>(message => Logs.Record(2, null, message, null)));
            Set(logger, "_loggingWithLevelAction", new Action<string, string, object[]>(
                (level, message, values) => Logs.Record(Logs.LevelOf(level), null, message, values)));
            Set(logger, "_loggingWithLevelAndExceptionAction", new Action<string, Exception, string, object[]>(
                (level, exception, message, values) => Logs.Record(Logs.LevelOf(level), exception, message, values)));
        }

        private static void Set(Type logger, string field, Delegate action)
        {
            FieldInfo found = logger?.GetField(field, BindingFlags.Static | BindingFlags.NonPublic);
            if (found != null && !found.IsInitOnly && found.FieldType.IsInstanceOfType(action)) found.SetValue(null, action);
        }
    }
}
