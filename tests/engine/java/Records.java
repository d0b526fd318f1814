package field;

import java.util.logging.Level;
import java.util.logging.Logger;

/** Writes a record of each level of java.util.logging, named by that level. */
public final class Records {
    private static final Logger LOGGER = Logger.getLogger("field.records");
    private static final Level[] LEVELS = {
        Level.SEVERE, Level.WARNING, Level.INFO, Level.CONFIG, Level.FINE, Level.FINER, Level.FINEST
    };

    private Records() {}

    public static String written(Object event) {
        for (Level level : LEVELS) {
            LOGGER.log(level, "record of {0}", level);
        }
        return "written";
    }
}
