import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Map;

/** What JAVA_TOOL_OPTIONS loads: says so in the environment, in the only way that Java has. */
public class Hook {
    @SuppressWarnings("unchecked")
    public static void premain(String arguments, java.lang.instrument.Instrumentation to) throws Exception {
        to.redefineModule(Object.class.getModule(), java.util.Set.of(), Map.of(),
                Map.of("java.lang", java.util.Set.of(Hook.class.getModule())), java.util.Set.of(), Map.of());
        Field field = Class.forName("java.lang.ProcessEnvironment").getDeclaredField("theEnvironment");
        field.setAccessible(true);
        Method variable = Class.forName("java.lang.ProcessEnvironment$Variable").getDeclaredMethod("valueOf", String.class);
        Method value = Class.forName("java.lang.ProcessEnvironment$Value").getDeclaredMethod("valueOf", String.class);
        variable.setAccessible(true);
        value.setAccessible(true);
        ((Map<Object, Object>) field.get(null)).put(variable.invoke(null, "CONFORMANCE_HOOK"), value.invoke(null, "JAVA_TOOL_OPTIONS"));
    }
}
