package lambdaimage;

import java.lang.reflect.Array;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** What type variables stand for in a class, by its superclasses and interfaces. */
final class Types {
    private final Map<TypeVariable<?>, Type> known = new HashMap<>();

    Types(Type type) {
        bind(type);
    }

    private void bind(Type type) {
        if (type instanceof ParameterizedType) {
            TypeVariable<?>[] variables = raw(type).getTypeParameters();
            for (int n = 0; n < variables.length; n++) {
                known.put(variables[n], resolved(argument(type, n)));
            }
            bind(raw(type));
        } else if (type instanceof Class && type != Object.class) {
            bind(((Class<?>) type).getGenericSuperclass());
            for (Type one : ((Class<?>) type).getGenericInterfaces()) {
                bind(one);
            }
        }
    }

    Type resolved(Type type) {
        if (type instanceof TypeVariable) {
            Type found = known.get(type);
            return found != null ? found : resolved(((TypeVariable<?>) type).getBounds()[0]);
        }
        if (type instanceof WildcardType) {
            return resolved(((WildcardType) type).getUpperBounds()[0]);
        }
        if (type instanceof GenericArrayType) {
            return Array.newInstance(raw(resolved(((GenericArrayType) type).getGenericComponentType())), 0).getClass();
        }
        if (type instanceof ParameterizedType) {
            Type[] arguments = ((ParameterizedType) type).getActualTypeArguments().clone();
            for (int n = 0; n < arguments.length; n++) {
                arguments[n] = resolved(arguments[n]);
            }
            return new Generic(raw(type), arguments);
        }
        return type;
    }

    /** What a parameter of one of its supertypes stands for. */
    Type resolved(Class<?> supertype, int parameter) {
        return resolved(supertype.getTypeParameters()[parameter]);
    }

    static Class<?> raw(Type type) {
        return type instanceof ParameterizedType ? (Class<?>) ((ParameterizedType) type).getRawType() : (Class<?>) type;
    }

    static Type argument(Type type, int n) {
        return type instanceof ParameterizedType ? ((ParameterizedType) type).getActualTypeArguments()[n] : Object.class;
    }

    /** A class with type arguments that are no variables. */
    private static final class Generic implements ParameterizedType {
        private final Class<?> raw;
        private final Type[] arguments;

        Generic(Class<?> raw, Type[] arguments) {
            this.raw = raw;
            this.arguments = arguments;
        }

        @Override
        public Type[] getActualTypeArguments() {
            return arguments;
        }

        @Override
        public Type getRawType() {
            return raw;
        }

        @Override
        public Type getOwnerType() {
            return raw.getDeclaringClass();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof Generic && raw == ((Generic) other).raw && Arrays.equals(arguments, ((Generic) other).arguments);
        }

        @Override
        public int hashCode() {
            return raw.hashCode() ^ Arrays.hashCode(arguments);
        }
    }
}
