using System;
using System.IO;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.Loader;

namespace LambdaImage.Client
{
    /// <summary>The function: found by its handler string `Assembly::Namespace.Type::Method`, made callable once.</summary>
    internal sealed class Handler
    {
        private const BindingFlags Any =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static
            | BindingFlags.FlattenHierarchy;

        private readonly Called call;
        private readonly Func<object, object> outcome;
        private readonly bool isStream;
        private readonly Serializer serializer;
        private readonly Type eventType; // null where the method takes none
        private readonly Facades context; // null where the method takes none

        private Handler(MethodInfo method, object target, Serializer serializer, Type eventType, Facades context)
        {
            this.serializer = serializer;
            this.eventType = eventType;
            this.context = context;
            call = Call.Of(method, target, eventType != null);
            outcome = Call.Outcome(method.ReturnType);
            isStream = Pieces.Streams(Call.ResultOf(method.ReturnType));
        }

        /// <summary>The method that a handler string names; types of the function are made ready here, and only here.</summary>
        internal static Handler Find(string name, string root)
        {
            string[] parts = name.Split(new[] { "::" }, StringSplitOptions.None);
            if (parts.Length != 3 || parts[0].Length == 0 || parts[1].Length == 0 || parts[2].Length == 0)
                throw Malformed(name, root);
            Assembly assembly = Load(parts[0], root);
            Type type = TypeOf(assembly, parts[1], name);
            MethodInfo method = MethodOf(type, parts[2], name);
            Core.Connect(method.Module.Assembly, root);
            if (type.ContainsGenericParameters) throw NotFound(name, "its type is generic: derive one that says of what");
            RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            object target = null;
            if (!method.IsStatic)
            {
                if (type.IsAbstract || type.GetConstructor(Type.EmptyTypes) == null && !type.IsValueType)
                    throw NotFound(name, "its type has no public constructor without parameters");
                target = Activator.CreateInstance(type);
            }
            return Bind(method, target, name);
        }

        /// <summary>Call the method with an event and wait for what it promises.</summary>
        internal object Invoke(Invocation invocation)
        {
            Interrupts.Clear();
            object input = eventType == null ? null : serializer.Read(invocation.Event);
            return outcome(call(input, context?.Context(invocation)));
        }

        /// <summary>What a result is posted as: bytes, or pieces that are still to come.</summary>
        internal ArraySegment<byte> Body(object result) => serializer.Write(result);

        internal Pieces Stream(object result) => isStream ? Pieces.Of(result) : null;

        private static Handler Bind(MethodInfo method, object target, string name)
        {
            ParameterInfo[] parameters = method.GetParameters();
            if (parameters.Length > 2) throw NotFound(name, "it takes more than an event and a context");
            if (method.ContainsGenericParameters) throw NotFound(name, "it is generic");
            Type eventType = null, contextType = null;
            for (int n = 0; n < parameters.Length; n++)
            {
                Type one = parameters[n].ParameterType;
                if (one.IsByRef) throw NotFound(name, "it takes a parameter by reference");
                if (one.IsPointer || one.IsByRefLike) throw NotFound(name, "it takes a " + one.Name + ", which no event can be");
                if (n == parameters.Length - 1 && one.FullName == "Amazon.Lambda.Core.ILambdaContext") contextType = one;
                else if (n == 0) eventType = one;
                else throw NotFound(name, "its second parameter is no Amazon.Lambda.Core.ILambdaContext");
            }
            Type returned = method.ReturnType;
            if (returned.IsByRef || returned.IsPointer || returned.IsByRefLike)
                throw NotFound(name, "it returns a " + returned.Name + ", which no result can be");
            bool isAsyncVoid = method.ReturnType == typeof(void)
                && method.IsDefined(typeof(AsyncStateMachineAttribute), false);
            if (isAsyncVoid) throw NotFound(name, "it is async void: nobody can tell when it is done; let it return Task");
            Type attribute = Core.Type("LambdaSerializerAttribute");
            Serializer serializer = Serializer.For(method, attribute, eventType, Call.ResultOf(method.ReturnType));
            return new Handler(method, target, serializer, eventType, contextType == null ? null : new Facades(contextType));
        }

        /// <summary>The assembly, from the function's folder, else by the host's list of what was published with it.</summary>
        private static Assembly Load(string name, string root)
        {
            Dependencies.Offer(root);
            try
            {
                string path = Path.Combine(root, name + ".dll");
                return File.Exists(path)
                    ? AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(path))
                    : AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(name));
            }
            catch (FileNotFoundException error)
            {
                throw new RuntimeError(
                    "Runtime.ImportModuleError", "the assembly " + name + " is not in " + root + ": " + error.Message);
            }
            catch (BadImageFormatException error)
            {
                throw new RuntimeError("Runtime.ImportModuleError", name + " is no assembly: " + error.Message);
            }
            catch (FileLoadException error)
            {
                throw new RuntimeError("Runtime.ImportModuleError", name + " cannot be loaded: " + error.Message.Trim());
            }
        }

        private static Type TypeOf(Assembly assembly, string type, string name)
        {
            try
            {
                return assembly.GetType(type, true);
            }
            catch (TypeLoadException error) when (error.Message.StartsWith("Could not load type", StringComparison.Ordinal))
            {
                throw NotFound(name, "there is no type " + type);
            }
            catch (Exception error) when (!(error is RuntimeError))
            {
                throw new RuntimeError("Runtime.ImportModuleError", name + ": " + error.Message, error);
            }
        }

        /// <summary>By its name, or by its whole signature as .NET writes it; a derived type's own comes first.</summary>
        private static MethodInfo MethodOf(Type type, string method, string name)
        {
            MethodInfo found = null;
            bool isSignature = method.IndexOf('(') >= 0;
            MemberInfo[] candidates = isSignature
                ? type.GetMethods(Any)
                : type.GetMember(method, MemberTypes.Method, Any); // the cheapest way to find one
            foreach (MemberInfo candidate in candidates)
            {
                var one = (MethodInfo)candidate;
                if (isSignature && one.ToString() != method) continue;
                if (found != null && found.DeclaringType == one.DeclaringType)
                    throw NotFound(name, "there is more than one method of that name: give its signature, such as " + one);
                if (found == null || found.DeclaringType.IsAssignableFrom(one.DeclaringType)) found = one;
            }
            return found ?? throw NotFound(name, "there is no method " + method + " in " + type.FullName);
        }

        private static RuntimeError Malformed(string name, string root) =>
            File.Exists(Path.Combine(root, name + ".dll"))
                ? new RuntimeError("Runtime.MalformedHandlerName", "'" + name + "' is no program (" + name
                    + ".runtimeconfig.json is missing), and as a handler it must be Assembly::Namespace.Type::Method")
                : new RuntimeError("Runtime.MalformedHandlerName", "'" + name
                    + "' is no handler name: use Assembly::Namespace.Type::Method, or the name of a program in " + root);

        private static RuntimeError NotFound(string name, string why) =>
            new RuntimeError("Runtime.HandlerNotFound", "'" + name + "' cannot be called: " + why);
    }

    /// <summary>Assemblies that the host's lists do not name: beside the function, then in layers.</summary>
    internal static class Dependencies
    {
        private static string[] folders;

        internal static void Offer(string root)
        {
            folders = new[] { root, "/opt/dotnet" };
            AssemblyLoadContext.Default.Resolving += (context, wanted) =>
            {
                foreach (string folder in folders)
                {
                    string culture = string.IsNullOrEmpty(wanted.CultureName) ? "" : wanted.CultureName;
                    string path = Path.Combine(folder, culture, wanted.Name + ".dll");
                    if (File.Exists(path)) return context.LoadFromAssemblyPath(path);
                }
                return null;
            };
        }
    }

    /// <summary>The function's own Amazon.Lambda.Core, where it has one: found by name, since we have none.</summary>
    internal static class Core
    {
        private const string Name = "Amazon.Lambda.Core";
        private static Assembly core;

        /// <summary>
        /// The one beside the function, else the one that it refers to, which takes longer to find out. Its logger becomes
        /// ours, before code of the function runs.
        /// </summary>
        internal static void Connect(Assembly function, string root)
        {
            string path = Path.Combine(root, Name + ".dll");
            if (File.Exists(path)) core = AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.GetFullPath(path));
            else
            {
                foreach (AssemblyName one in function.GetReferencedAssemblies())
                {
                    if (one.Name == Name) core = Assembly.Load(one);
                }
            }
            if (core != null) LambdaLogger.Connect(core);
        }

        /// <summary>A type of it; null where the function has none.</summary>
        internal static Type Type(string name) => (core ?? Loaded())?.GetType(Name + "." + name);

        /// <summary>Where not the function's own assembly refers to it, but another that it has loaded.</summary>
        private static Assembly Loaded()
        {
            foreach (Assembly one in AppDomain.CurrentDomain.GetAssemblies())
            {
                if (one.GetName().Name == Name) return core = one;
            }
            return null;
        }
    }
}
