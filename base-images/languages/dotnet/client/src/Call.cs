using System;
using System.Collections.Generic;
using System.Reflection;
using System.Threading.Tasks;

namespace LambdaImage.Client
{
    /// <summary>
    /// A method as a delegate of its own types, which costs no reflection when it is called. What it promises is waited
    /// for: each caller is a thread of its own.
    /// </summary>
    internal abstract class Call
    {
        private Outcome outcome;

        internal bool IsStream { get; private set; }

        internal object Invoke(object input, object context) => outcome.Of(Run(input, context));

        protected abstract object Run(object input, object context);

        /// <summary>The call of a method, with an instance where it is none of the type's own.</summary>
        internal static Call Of(MethodInfo method, object target, bool takesEvent, bool takesContext)
        {
            ParameterInfo[] parameters = method.GetParameters();
            bool isVoid = method.ReturnType == typeof(void);
            var types = new List<Type>(3);
            foreach (ParameterInfo one in parameters) types.Add(one.ParameterType);
            if (!isVoid) types.Add(method.ReturnType);
            Type shape = Shape(parameters.Length, isVoid, takesEvent);
            if (types.Count > 0) shape = shape.MakeGenericType(types.ToArray());
            var call = (Call)Activator.CreateInstance(shape);
            call.Bind(method, target);
            call.outcome = Outcome.For(method.ReturnType);
            call.IsStream = Pieces.Streams(ResultOf(method.ReturnType));
            return call;
        }

        /// <summary>What is posted of a return type: what a task promises; null for nothing.</summary>
        internal static Type ResultOf(Type type)
        {
            if (type == typeof(void) || type == typeof(Task) || type == typeof(ValueTask)) return null;
            if (!type.IsGenericType) return type;
            Type definition = type.GetGenericTypeDefinition();
            return definition == typeof(Task<>) || definition == typeof(ValueTask<>)
                ? type.GetGenericArguments()[0]
                : type;
        }

        protected abstract void Bind(MethodInfo method, object target);

        protected static T Made<T>(MethodInfo method, object target)
            where T : Delegate =>
            (T)(target == null
                ? Delegate.CreateDelegate(typeof(T), method)
                : Delegate.CreateDelegate(typeof(T), target, method));

        private static Type Shape(int parameters, bool isVoid, bool takesEvent)
        {
            if (parameters == 2) return isVoid ? typeof(Both<,>) : typeof(BothTo<,,>);
            if (parameters == 0) return isVoid ? typeof(Neither) : typeof(NeitherTo<>);
            if (takesEvent) return isVoid ? typeof(Event<>) : typeof(EventTo<,>);
            return isVoid ? typeof(Context<>) : typeof(ContextTo<,>);
        }

        private sealed class Neither : Call
        {
            private Action method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Action>(found, target);

            protected override object Run(object input, object context)
            {
                method();
                return null;
            }
        }

        private sealed class NeitherTo<TOut> : Call
        {
            private Func<TOut> method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Func<TOut>>(found, target);

            protected override object Run(object input, object context) => method();
        }

        private sealed class Event<TIn> : Call
        {
            private Action<TIn> method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Action<TIn>>(found, target);

            protected override object Run(object input, object context)
            {
                method((TIn)input);
                return null;
            }
        }

        private sealed class EventTo<TIn, TOut> : Call
        {
            private Func<TIn, TOut> method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Func<TIn, TOut>>(found, target);

            protected override object Run(object input, object context) => method((TIn)input);
        }

        private sealed class Context<TContext> : Call
        {
            private Action<TContext> method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Action<TContext>>(found, target);

            protected override object Run(object input, object context)
            {
                method((TContext)context);
                return null;
            }
        }

        private sealed class ContextTo<TContext, TOut> : Call
        {
            private Func<TContext, TOut> method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Func<TContext, TOut>>(found, target);

            protected override object Run(object input, object context) => method((TContext)context);
        }

        private sealed class Both<TIn, TContext> : Call
        {
            private Action<TIn, TContext> method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Action<TIn, TContext>>(found, target);

            protected override object Run(object input, object context)
            {
                method((TIn)input, (TContext)context);
                return null;
            }
        }

        private sealed class BothTo<TIn, TContext, TOut> : Call
        {
            private Func<TIn, TContext, TOut> method;

            protected override void Bind(MethodInfo found, object target) => method = Made<Func<TIn, TContext, TOut>>(found, target);

            protected override object Run(object input, object context) => method((TIn)input, (TContext)context);
        }
    }

    /// <summary>What becomes of a returned value: itself, or what a task promises.</summary>
    internal class Outcome
    {
        private static readonly Outcome Itself = new Outcome();

        internal static Outcome For(Type type)
        {
            if (type == typeof(Task)) return new OfTask();
            if (type == typeof(ValueTask)) return new OfValueTask();
            if (!type.IsGenericType) return Itself;
            Type definition = type.GetGenericTypeDefinition();
            Type promised = definition == typeof(Task<>) ? typeof(OfTask<>)
                : definition == typeof(ValueTask<>) ? typeof(OfValueTask<>) : null;
            return promised == null
                ? Itself
                : (Outcome)Activator.CreateInstance(promised.MakeGenericType(type.GetGenericArguments()));
        }

        internal virtual object Of(object returned) => returned;

        private sealed class OfTask : Outcome
        {
            internal override object Of(object returned)
            {
                ((Task)returned)?.GetAwaiter().GetResult();
                return null;
            }
        }

        private sealed class OfTask<T> : Outcome
        {
            internal override object Of(object returned) =>
                returned == null ? (object)null : ((Task<T>)returned).GetAwaiter().GetResult();
        }

        private sealed class OfValueTask : Outcome
        {
            internal override object Of(object returned)
            {
                ((ValueTask)returned).AsTask().GetAwaiter().GetResult();
                return null;
            }
        }

        private sealed class OfValueTask<T> : Outcome
        {
            internal override object Of(object returned) =>
                ((ValueTask<T>)returned).AsTask().GetAwaiter().GetResult();
        }
    }
}
