package lambdaimage;

import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Classes with properties: getters and setters, public fields, records. The classes of aws-lambda-java-events, some of
 * which have neither setters nor a plain constructor, go by their fields.
 */
final class Beans {
    private static final String EVENTS = "com.amazonaws.services.lambda.runtime.events.";
    /** What AWS's events call otherwise than their fields, in whichever of them. */
    private static final Map<String, String> NAMES = Map.of("detailType", "detail-type", "awsLogs", "awslogs",
            "codeCommit", "codecommit", "xAmzId2", "x-amz-id-2", "responseUrl", "ResponseURL", "instanceArn", "InstanceARN");

    private Beans() {}

    static Shapes.Shape of(Class<?> raw, Types types) {
        Bean bean = new Bean(raw);
        if (isRecord(raw)) {
            bean.record(types);
        } else if (raw.getName().startsWith(EVENTS)) {
            bean.fields(types);
        } else {
            bean.properties(types);
        }
        return bean;
    }

    private static boolean isRecord(Class<?> raw) {
        Class<?> parent = raw.getSuperclass();
        return parent != null && parent.getName().equals("java.lang.Record");
    }

    private static final class Property {
        final String name;
        AccessibleObject getter;
        AccessibleObject setter;
        Type type;
        int index;
        boolean inSeconds;
        private Shapes.Shape shape;

        Property(String name) {
            this.name = name;
        }

        Shapes.Shape shape() {
            if (shape == null) {
                shape = inSeconds && type == Date.class ? new Scalar.Seconds() : Shapes.of(type);
            }
            return shape;
        }
    }

    private static final class Bean extends Shapes.Shape {
        private final Class<?> raw;
        private final Map<String, Property> byName = new LinkedHashMap<>();
        private final Map<String, Property> loosely = new HashMap<>();
        private Constructor<?> canonical;
        private boolean checking;

        Bean(Class<?> raw) {
            this.raw = raw;
        }

        private Property property(String name) {
            return byName.computeIfAbsent(name, Property::new);
        }

        private void done() {
            for (Property one : byName.values()) {
                loosely.putIfAbsent(loose(one.name), one);
                if (one.getter != null) {
                    one.getter.setAccessible(true);
                }
                if (one.setter != null) {
                    one.setter.setAccessible(true);
                }
            }
        }

        /** Names are matched without regard to case, and to the hyphens of some of AWS's events. */
        private static String loose(String name) {
            return name.toLowerCase(Locale.ROOT).replace("-", "");
        }

        void record(Types types) {
            try {
                Object[] components = (Object[]) Class.class.getMethod("getRecordComponents").invoke(raw);
                Class<?>[] parameters = new Class<?>[components.length];
                for (int n = 0; n < components.length; n++) {
                    Class<?> of = components[n].getClass();
                    Property one = property((String) of.getMethod("getName").invoke(components[n]));
                    one.index = n;
                    one.type = types.resolved((Type) of.getMethod("getGenericType").invoke(components[n]));
                    one.getter = (Method) of.getMethod("getAccessor").invoke(components[n]);
                    parameters[n] = (Class<?>) of.getMethod("getType").invoke(components[n]);
                }
                canonical = raw.getDeclaredConstructor(parameters);
                canonical.setAccessible(true);
            } catch (ReflectiveOperationException odd) {
                throw new Shapes.Unsupported(raw.getName() + " cannot be read: " + odd);
            }
            done();
        }

        void fields(Types types) {
            for (Class<?> at = raw; at != null && at != Object.class; at = at.getSuperclass()) {
                for (Field field : at.getDeclaredFields()) {
                    if (!Modifier.isStatic(field.getModifiers()) && !field.isSynthetic()) {
                        Property one = property(named(at, field.getName()));
                        if (one.getter == null) {
                            one.getter = written(at, field);
                            one.setter = field;
                            one.type = types.resolved(field.getGenericType());
                            one.inSeconds = at.getName().startsWith(EVENTS + "models."); // as DynamoDB's and Kinesis' come
                        }
                    }
                }
            }
            done();
            Property dynamoNull = loosely.get("nullvalue");
            if (dynamoNull != null) {
                loosely.put("null", dynamoNull);
            }
        }

        /** The field, or its getter where that gives something else: the policies of IAM as their documents have it. */
        private static AccessibleObject written(Class<?> at, Field field) {
            try {
                String name = field.getName();
                Method getter = at.getMethod("get" + Character.toUpperCase(name.charAt(0)) + name.substring(1));
                return Map.class.isAssignableFrom(getter.getReturnType()) ? getter : field;
            } catch (NoSuchMethodException none) {
                return field;
            }
        }

        private static String named(Class<?> at, String field) {
            String event = at.getName().substring(at.getName().lastIndexOf('.') + 1);
            if (event.equals("AttributeValue")) {
                return field.equals("nULLValue") ? "NULL" : field.toUpperCase(Locale.ROOT);
            }
            if (NAMES.containsKey(field)) {
                return NAMES.get(field);
            }
            if (field.equals("records")) {
                return event.matches("(Kafka|KinesisFirehose|KinesisAnalytics).*") ? field : "Records";
            }
            if (event.startsWith("S3EventNotification") && field.equals("xAmzRequestId")) {
                return "x-amz-request-id";
            }
            if (event.matches("StreamRecord|(SNS|Connect|CloudFormationCustomResource|SecretsManagerRotation)Event.*")) {
                return Character.toUpperCase(field.charAt(0)) + field.substring(1);
            }
            return event.matches("(SQS|CodeCommit)Event.*") ? field.replaceFirst("^(eventSource|userIdentity)Arn$", "$1ARN") : field;
        }

        void properties(Types types) {
            for (Field field : raw.getFields()) {
                int modifiers = field.getModifiers();
                if (!Modifier.isStatic(modifiers) && !Modifier.isTransient(modifiers)) {
                    Property one = property(field.getName());
                    one.getter = one.setter = field;
                    one.type = types.resolved(field.getGenericType());
                }
            }
            for (Method method : raw.getMethods()) {
                if (Modifier.isStatic(method.getModifiers()) || method.isBridge() || method.getDeclaringClass() == Object.class) {
                    continue;
                }
                String name = method.getName();
                int parameters = method.getParameterCount();
                Class<?> result = method.getReturnType();
                if (parameters == 0 && result != void.class && isPrefixed(name, "get")) {
                    getter(property(decapitalized(name.substring(3))), method, types);
                } else if (parameters == 0 && (result == boolean.class || result == Boolean.class) && isPrefixed(name, "is")) {
                    getter(property(decapitalized(name.substring(2))), method, types);
                } else if (parameters == 1 && isPrefixed(name, "set")) {
                    Property one = property(decapitalized(name.substring(3)));
                    one.setter = method;
                    if (!(one.getter instanceof Method)) {
                        one.type = types.resolved(method.getGenericParameterTypes()[0]);
                    }
                }
            }
            byName.remove("declaringClass");
            for (Property one : byName.values()) {
                if (one.setter instanceof Method) { // a setter's own type counts when it is read
                    one.type = types.resolved(((Method) one.setter).getGenericParameterTypes()[0]);
                }
            }
            done();
        }

        private static void getter(Property one, Method method, Types types) {
            one.getter = method;
            if (one.type == null) {
                one.type = types.resolved(method.getGenericReturnType());
            }
        }

        private static boolean isPrefixed(String name, String prefix) {
            int at = prefix.length();
            return name.length() > at && name.startsWith(prefix) && (!Character.isLowerCase(name.charAt(at))
                    || name.length() > at + 1 && Character.isUpperCase(name.charAt(at + 1))); // getaField is aField's
        }

        /** As beans have it: getName is name, getURL is URL. */
        private static String decapitalized(String name) {
            if (name.length() > 1 && Character.isUpperCase(name.charAt(0)) && Character.isUpperCase(name.charAt(1))) {
                return name;
            }
            return Character.toLowerCase(name.charAt(0)) + name.substring(1);
        }

        @Override
        void mustRead() {
            if (checking) {
                return;
            }
            checking = true;
            if (canonical == null) {
                instance();
            }
            for (Property one : byName.values()) {
                if (one.setter != null || canonical != null) {
                    try {
                        one.shape().mustRead();
                    } catch (Shapes.Unsupported unsupported) {
                        if (!raw.getName().startsWith(EVENTS)) {
                            throw new Shapes.Unsupported(raw.getName() + "." + one.name + ": " + unsupported.getMessage());
                        }
                    }
                }
            }
        }

        private Object instance() {
            try {
                return Shapes.made(raw);
            } catch (Shapes.Unsupported none) {
                if (!raw.getName().startsWith(EVENTS) || Modifier.isAbstract(raw.getModifiers())) {
                    throw none;
                }
            }
            try {
                Constructor<?> bare = sun.reflect.ReflectionFactory.getReflectionFactory()
                        .newConstructorForSerialization(raw, Object.class.getDeclaredConstructor());
                return bare.newInstance();
            } catch (ReflectiveOperationException odd) {
                throw new Shapes.Unsupported(raw.getName() + " cannot be made: " + odd);
            }
        }

        @Override
        Object read(JsonReader json) throws JsonReader.Malformed {
            if (isNull(json)) {
                return null;
            }
            Object[] arguments = canonical == null ? null : new Object[byName.size()];
            Object made = null;
            if (arguments == null) {
                made = instance();
            } else {
                for (Property one : byName.values()) {
                    arguments[one.index] = one.shape().absent();
                }
            }
            for (boolean more = json.begin('{', '}'); more; more = json.next('}')) {
                String name = json.name();
                Property one = byName.get(name);
                if (one == null) {
                    one = loosely.get(loose(name));
                }
                if (one == null || one.setter == null && arguments == null) {
                    json.skip();
                    continue;
                }
                Object value = one.shape().read(json);
                if (arguments != null) {
                    arguments[one.index] = value;
                } else {
                    set(json, made, one, value);
                }
            }
            if (arguments == null) {
                return made;
            }
            try {
                return canonical.newInstance(arguments);
            } catch (InvocationTargetException failed) {
                throw json.wrong(raw.getName() + " refuses its values: " + failed.getCause());
            } catch (ReflectiveOperationException odd) {
                throw json.wrong(odd.toString());
            }
        }

        private static void set(JsonReader json, Object made, Property one, Object value) throws JsonReader.Malformed {
            try {
                if (one.setter instanceof Field) {
                    ((Field) one.setter).set(made, value);
                } else {
                    ((Method) one.setter).invoke(made, value);
                }
            } catch (InvocationTargetException failed) {
                throw json.wrong(one.name + " is refused: " + failed.getCause());
            } catch (ReflectiveOperationException | IllegalArgumentException odd) {
                throw json.wrong(one.name + ": " + odd);
            }
        }

        /** Without what is null, as with AWS's client. */
        @Override
        void write(JsonWriter json, Object value) throws JsonWriter.Unwritable {
            boolean before = json.sparse;
            json.sparse = before || raw.getName().startsWith(EVENTS);
            json.out.add('{');
            boolean first = true;
            for (Property one : byName.values()) {
                if (one.getter == null) {
                    continue;
                }
                Object held;
                try {
                    held = one.getter instanceof Field ? ((Field) one.getter).get(value) : ((Method) one.getter).invoke(value);
                } catch (InvocationTargetException failed) {
                    throw new JsonWriter.Unwritable(raw.getName() + "." + one.name + ": " + failed.getCause(), failed.getCause());
                } catch (ReflectiveOperationException odd) {
                    throw new JsonWriter.Unwritable(raw.getName() + "." + one.name + ": " + odd, odd);
                }
                if (held == null) {
                    continue;
                }
                if (!first) {
                    json.out.add(',');
                }
                first = false;
                json.string(one.name);
                json.out.add(':');
                if (held instanceof Date && one.inSeconds) {
                    held = BigDecimal.valueOf(((Date) held).getTime(), 3).stripTrailingZeros();
                    json.out.latin(((BigDecimal) held).toPlainString());
                } else {
                    json.value(held);
                }
            }
            json.out.add('}');
            json.sparse = before;
        }
    }
}
