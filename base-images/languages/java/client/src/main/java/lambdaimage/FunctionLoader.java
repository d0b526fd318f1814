package lambdaimage;

import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.security.AllPermission;
import java.security.CodeSource;
import java.security.PermissionCollection;
import java.security.Permissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The function's class path: /var/task, /var/task/lib/*.jar, /opt/java/lib/*.jar, each sorted by name. */
final class FunctionLoader extends URLClassLoader {
    private static final String BRIDGE = "lambdaimage.bridge.";

    FunctionLoader(String root) throws MalformedURLException {
        super(places(root), FunctionLoader.class.getClassLoader());
    }

    private static URL[] places(String root) throws MalformedURLException {
        List<URL> found = new ArrayList<>();
        found.add(url(root, true));
        for (String folder : new String[] {root + "/lib", "/opt/java/lib"}) {
            String[] names = new File(folder).list();
            if (names != null) {
                Arrays.sort(names);
                for (String name : names) {
                    if (name.endsWith(".jar")) {
                        found.add(url(folder + "/" + name, false));
                    }
                }
            }
        }
        return found.toArray(new URL[0]);
    }

    @SuppressWarnings("deprecation") // by way of a URI some thirty classes more are loaded: that is for odd names only
    private static URL url(String path, boolean folder) throws MalformedURLException {
        String slash = folder && !path.endsWith("/") ? "/" : "";
        for (int n = 0; n < path.length(); n++) {
            char c = path.charAt(n);
            if (!(c == '/' || c == '.' || c == '-' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z')) {
                return new File(path).toURI().toURL();
            }
        }
        return new URL("file", null, -1, path + slash);
    }

    /** What of the class path this user may not read; the loader passes over it in silence. Null where all can be read. */
    String unreadable(String className) {
        for (URL place : getURLs()) {
            for (String path = place.getPath() + (place.getPath().endsWith("/") ? className.replace('.', '/') + ".class" : "");
                    path != null; path = new File(path).getParent()) {
                File file = new File(path);
                if (file.exists() && !file.canRead()) {
                    return path;
                }
            }
        }
        return null;
    }

    @Override
    protected Class<?> findClass(String name) throws ClassNotFoundException {
        if (!name.startsWith(BRIDGE)) {
            return super.findClass(name);
        }
        String client = FunctionLoader.class.getProtectionDomain().getCodeSource().getLocation().getPath();
        String file = new File(client).getParent() + "/bridge/" + name.substring(BRIDGE.length()) + ".class";
        try (InputStream stream = new FileInputStream(file)) {
            byte[] bytes = stream.readAllBytes();
            return defineClass(name, bytes, 0, bytes.length);
        } catch (IOException failed) {
            throw new ClassNotFoundException(name, failed);
        }
    }

    /** Whether the function has used that class. */
    boolean hasLoaded(String name) {
        return findLoadedClass(name) != null;
    }

    /** As the application's own classes have it; URLClassLoader would read the JDK's security properties for its answer. */
    @Override
    protected PermissionCollection getPermissions(CodeSource source) {
        Permissions all = new Permissions();
        all.add(new AllPermission());
        return all;
    }

    /** The bridge to the interfaces that the function brings; null where it brings none. */
    Bridge bridge() throws ReflectiveOperationException {
        if (findResource("com/amazonaws/services/lambda/runtime/Context.class") == null) {
            return null;
        }
        return (Bridge) loadClass(BRIDGE + "Core").getDeclaredConstructor().newInstance();
    }
}
