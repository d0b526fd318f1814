using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading.Tasks;

namespace LambdaImage.Client
{
    /// <summary>A method, called with an event and a context, of which it gets what it takes.</summary>
    internal delegate object Called(object input, object context);

    /// <summary>
    /// Methods as delegates of their own types, which cost no reflection when they are called. What a method promises is
    /// waited for: each caller is a thread of its own.
    /// </summary>
    internal static class Call
    {
        private delegate Called Shape(MethodInfo method, object target);

        /// <summary>The call of a method, of an object or of none.</summary>
        internal static Called Of(MethodInfo method, object target, bool takesEvent)
        {
            ParameterInfo[] parameters = method.GetParameters();
            var types = new List<Type>(3);
            foreach (ParameterInfo one in parameters) types.Add(one.ParameterType);
            bool isVoid = method.ReturnType == typeof(void);
            if (!isVoid) types.Add(method.ReturnType);
            string takes = parameters.Length == 2 ? "Both" : parameters.Length == 0 ? "None" : takesEvent ? "Event" : "Context";
            return Made<Shape>(takes + (isVoid ? "" : "To"), types.ToArray())(method, target);
        }

        /// <summary>What becomes of a returned value: itself, or what a task promises.</summary>
        internal static Func<object, object> Outcome(Type type)
        {
            if (type == typeof(Task)) return returned => Done((Task)returned);
            if (type == typeof(ValueTask)) return returned => Done(((ValueTask)returned).AsTask());
            Type promised = Promised(type);
            if (promised == null) return returned => returned;
            bool isTask = type.GetGenericTypeDefinition() == typeof(Task<>);
            return Made<Func<object, object>>(isTask ? "DoneTask" : "DoneValueTask", promised);
        }

        /// <summary>What is posted of a return type: what a task promises; null for nothing.</summary>
        internal static Type ResultOf(Type type)
        {
            if (type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask)) return null;
            return Promised(type) ?? type;
        }

        private static Type Promised(Type type)
        {
            Type definition = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
            return definition == typeof(Task<>) || definition == typeof(ValueTask<>) ? type.GetGenericArguments()[0] : null;
        }

        /// <summary>One of the methods below, for the given types.</summary>
        private static T Made<T>(string name, params Type[] types)
            where T : Delegate
        {
            MethodInfo method = typeof(Call).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static);
            return (T)(types.Length == 0 ? method : method.MakeGenericMethod(types)).CreateDelegate(typeof(T));
        }

        private static T Bound<T>(MethodInfo method, object target)
            where T : Delegate =>
            (T)(target == null ? method.CreateDelegate(typeof(T)) : method.CreateDelegate(typeof(T), target));

        private static object Done(Task task)
        {
            task?.GetAwaiter().GetResult();
            return null;
        }

        private static object DoneTask<T>(object task) => task == null ? (object)null : ((Task<T>)task).GetAwaiter().GetResult();

        private static object DoneValueTask<T>(object task) => ((ValueTask<T>)task).AsTask().GetAwaiter().GetResult();

        private static Called None(MethodInfo method, object target)
        {
            var call = Bound<Action>(method, target);
            return (input, context) =>
            {
                call();
                return null;
            };
        }

        private static Called Event<TIn>(MethodInfo method, object target)
        {
            var call = Bound<Action<TIn>>(method, target);
            return (input, context) =>
            {
                call((TIn)input);
                return null;
            };
        }

        private static Called Context<TContext>(MethodInfo method, object target)
        {
            var call = Bound<Action<TContext>>(method, target);
            return (input, context) =>
            {
                call((TContext)context);
                return null;
            };
        }

        private static Called Both<TIn, TContext>(MethodInfo method, object target)
        {
            var call = Bound<Action<TIn, TContext>>(method, target);
            return (input, context) =>
            {
                call((TIn)input, (TContext)context);
                return null;
            };
        }

        private static Called NoneTo<TOut>(MethodInfo method, object target)
        {
            var call = Bound<Func<TOut>>(method, target);
            return (input, context) => call();
        }

        private static Called EventTo<TIn, TOut>(MethodInfo method, object target)
        {
            var call = Bound<Func<TIn, TOut>>(method, target);
            return (input, context) => call((TIn)input);
        }

        private static Called ContextTo<TContext, TOut>(MethodInfo method, object target)
        {
            var call = Bound<Func<TContext, TOut>>(method, target);
            return (input, context) => call((TContext)context);
        }

        private static Called BothTo<TIn, TContext, TOut>(MethodInfo method, object target)
        {
            var call = Bound<Func<TIn, TContext, TOut>>(method, target);
            return (input, context) => call((TIn)input, (TContext)context);
        }
    }
}
