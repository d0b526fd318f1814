package lambdaimage;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.util.Arrays;

/** The function as its handler string names it: package.Class, or package.Class::method. */
final class Handler {
    private static final String CONTEXT = "com.amazonaws.services.lambda.runtime.Context";
    private static final String REQUESTS = "com.amazonaws.services.lambda.runtime.RequestHandler";

    private final Bridge bridge;
    private Object instance;
    private Method method;
    private Class<?>[] parameters;
    private Shapes.Shape input;
    private boolean streams;
    private boolean direct;

    private Handler(Bridge bridge) {
        this.bridge = bridge;
    }

    static Handler load(String handler, FunctionLoader loader) throws Throwable {
        int colons = handler.indexOf("::");
        String className = colons < 0 ? handler : handler.substring(0, colons);
        String methodName = colons < 0 ? null : handler.substring(colons + 2);
        if (!isName(className, true) || methodName != null && !isName(methodName, false)) {
            throw new Failure.Own("Runtime.MalformedHandlerName",
                    "the handler " + handler + " is neither package.Class nor package.Class::method");
        }
        Class<?> type;
        try {
            type = loader.loadClass(className);
        } catch (ClassNotFoundException missing) {
            String unreadable = loader.unreadable(className);
            throw new Failure.Own("Runtime.ImportModuleError", "there is no class " + className
                    + " in /var/task, /var/task/lib/*.jar or /opt/java/lib/*.jar"
                    + (unreadable == null ? "" : "; " + unreadable + " is there, and its permissions keep this user from reading it"));
        }
        Handler made = new Handler(loader.bridge());
        made.choose(type, methodName);
        if (made.method == null || !Modifier.isStatic(made.method.getModifiers())) {
            made.instance = instance(type);
        } else {
            Class.forName(className, true, loader);
        }
        return made;
    }

    private static boolean isName(String text, boolean dotted) {
        boolean first = true;
        for (int n = 0; n < text.length(); n++) {
            char c = text.charAt(n);
            if (dotted && c == '.' && !first) {
                first = true;
            } else if (first ? Character.isJavaIdentifierStart(c) : Character.isJavaIdentifierPart(c)) {
                first = false;
            } else {
                return false;
            }
        }
        return !first;
    }

    private static Object instance(Class<?> type) throws Throwable {
        try {
            java.lang.reflect.Constructor<?> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            return constructor.newInstance();
        } catch (NoSuchMethodException missing) {
            throw new Failure.Own("Runtime.HandlerNotFound", type.getName() + " has no constructor without parameters");
        } catch (InstantiationException none) {
            throw new Failure.Own("Runtime.HandlerNotFound", type.getName() + " is abstract");
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
    }

    private void choose(Class<?> type, String name) throws Failure.Own, ClassNotFoundException {
        boolean requests = bridge != null && bridge.isRequestHandler(type);
        boolean streamed = bridge != null && bridge.isStreamHandler(type);
        if (streamed && (name == null || name.equals("handleRequest"))) {
            direct = streams = true;
            return;
        }
        if (name == null && !requests) {
            throw new Failure.Own("Runtime.HandlerNotFound", type.getName() + " implements neither RequestHandler nor"
                    + " RequestStreamHandler of aws-lambda-java-core: name its method, " + type.getName() + "::method");
        }
        Types types = new Types(type);
        if (requests && (name == null || name.equals("handleRequest"))) { // the interface's own types, whatever is overloaded
            direct = true;
            Class<?> shape = Class.forName(REQUESTS, false, type.getClassLoader());
            check(type, "handleRequest", types.resolved(shape, 0), types.resolved(shape, 1));
            return;
        }
        Method found = find(type, name == null ? "handleRequest" : name);
        if (found == null) {
            throw new Failure.Own("Runtime.HandlerNotFound", type.getName() + " has no public method " + name
                    + " that takes an event, an event and a Context, or an InputStream and an OutputStream");
        }
        parameters = found.getParameterTypes();
        streams = Arrays.asList(parameters).contains(OutputStream.class);
        boolean takes = parameters.length > 0 && parameters[0] != InputStream.class && parameters[0] != OutputStream.class
                && !isContext(parameters[0]);
        check(type, found.getName(), takes ? types.resolved(found.getGenericParameterTypes()[0]) : null,
                streams ? void.class : types.resolved(found.getGenericReturnType()));
        found.setAccessible(true);
        method = found;
    }

    /** Fails where JSON has no form for the event, if any, or for the result. */
    private void check(Class<?> type, String name, Type event, Type result) throws Failure.Own {
        try {
            if (event != null) {
                input = Shapes.of(event);
                input.mustRead();
            }
            if (result != void.class) {
                Shapes.of(result).mustWrite();
            }
        } catch (Shapes.Unsupported unsupported) {
            throw new Failure.Own("Runtime.InitError", type.getName() + "::" + name + ": " + unsupported.getMessage());
        }
    }

    /** Of several methods of that name the one with most parameters, a Context counts twice; the compiler's own do not count. */
    private static Method find(Class<?> type, String name) {
        Method best = null;
        for (Method one : type.getMethods()) {
            if (!one.getName().equals(name) || one.isBridge() || one.isSynthetic() || !fits(one.getParameterTypes())) {
                continue;
            }
            if (best == null || weight(one) > weight(best)) {
                best = one;
            }
        }
        if (best == null) { // inherited from a generic class or a default method: only the compiler's own is there
            for (Method one : type.getMethods()) {
                if (one.getName().equals(name) && fits(one.getParameterTypes())) {
                    best = one;
                }
            }
        }
        return best;
    }

    private static int weight(Method one) {
        Class<?>[] parameters = one.getParameterTypes();
        int count = parameters.length;
        return count > 0 && isContext(parameters[count - 1]) ? count + 1 : count;
    }

    private static boolean fits(Class<?>[] parameters) {
        int count = parameters.length;
        if (count > 0 && isContext(parameters[count - 1])) {
            count--;
        }
        return count <= 1 || count == 2 && parameters[1] == OutputStream.class;
    }

    private static boolean isContext(Class<?> type) {
        return type.getName().equals(CONTEXT);
    }

    boolean streams() {
        return streams;
    }

    /** Calls a handler that reads and writes bytes. */
    void stream(Invocation invocation, OutputStream output) throws Throwable {
        Object event = input == null ? null : event(invocation);
        if (direct) {
            bridge.stream(instance, new ByteArrayInputStream(invocation.event), output, invocation);
        } else {
            invoke(arguments(invocation, event, output));
        }
    }

    /** Calls a handler that takes and returns values. */
    Object call(Invocation invocation) throws Throwable {
        Object event = input == null ? null : event(invocation);
        return direct ? bridge.call(instance, event, invocation) : invoke(arguments(invocation, event, null));
    }

    private Object[] arguments(Invocation invocation, Object event, OutputStream output) {
        Object[] arguments = new Object[parameters.length];
        for (int n = 0; n < arguments.length; n++) {
            Class<?> one = parameters[n];
            arguments[n] = one == OutputStream.class ? output : one == InputStream.class ? new ByteArrayInputStream(invocation.event)
                    : isContext(one) ? bridge.context(invocation) : event;
        }
        return arguments;
    }

    private Object event(Invocation invocation) throws Failure.Own {
        try {
            JsonReader reader = new JsonReader(invocation.event);
            Object event = input.read(reader);
            reader.end();
            return event;
        } catch (JsonReader.Malformed | Shapes.Unsupported wrong) {
            throw new Failure.Own("Runtime.UnmarshalError", "the event: " + wrong.getMessage());
        } catch (RuntimeException wrong) { // a collection that takes no null, say
            throw new Failure.Own("Runtime.UnmarshalError", "the event: " + wrong);
        }
    }

    private Object invoke(Object[] arguments) throws Throwable {
        try {
            return method.invoke(instance, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
    }
}
