package lambdaimage;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Runs every static method of the test classes that takes nothing and returns nothing; says which ones failed. */
public final class Tests {
    private static Path vectors;

    private Tests() {}

    interface Work {
        void run() throws Throwable;
    }

    public static void main(String[] arguments) throws Exception {
        vectors = Path.of(arguments[0]);
        int passed = 0;
        int failed = 0;
        for (Class<?> type : new Class<?>[] {VectorsTest.class, ShapesTest.class, HandlerTest.class, LoopTest.class}) {
            for (Method test : type.getDeclaredMethods()) {
                boolean is = Modifier.isStatic(test.getModifiers()) && !Modifier.isPrivate(test.getModifiers());
                if (!is || test.isSynthetic() || test.getParameterCount() > 0 || test.getReturnType() != void.class) {
                    continue;
                }
                try {
                    test.invoke(null);
                    passed++;
                } catch (InvocationTargetException wrong) {
                    failed++;
                    System.err.println("not ok: " + type.getSimpleName() + "." + test.getName());
                    wrong.getCause().printStackTrace();
                }
            }
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed == 0 && passed > 0 ? 0 : 1);
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> vectors(String name) throws Exception {
        return (List<Map<String, Object>>) json(Files.readString(vectors.resolve(name + ".json")));
    }

    static Object json(String text) throws JsonReader.Malformed {
        return new JsonReader(text.getBytes(java.nio.charset.StandardCharsets.UTF_8)).document();
    }

    static void equal(Object expected, Object got, String what) {
        if (!Objects.deepEquals(expected, got)) {
            throw new AssertionError(what + ": expected " + expected + ", got " + got);
        }
    }

    static <E extends Throwable> E fails(Class<E> expected, Work work, String what) {
        try {
            work.run();
        } catch (Throwable thrown) {
            if (expected.isInstance(thrown)) {
                return expected.cast(thrown);
            }
            throw new AssertionError(what + ": expected " + expected.getSimpleName(), thrown);
        }
        throw new AssertionError(what + ": expected " + expected.getSimpleName() + ", and nothing was thrown");
    }
}
