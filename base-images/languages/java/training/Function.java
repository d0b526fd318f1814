import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.logging.Logger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A function as most are: of the JDK it uses what most use, so that these classes are in the archive. */
public class Function implements RequestHandler<Map<String, Object>, Object> {
    private static final Logger LOGGER = Logger.getLogger("function");

    @Override
    public Object handleRequest(Map<String, Object> event, Context context) {
        if (context.getRemainingTimeInMillis() < 0) {
            context.getLogger().log("late");
        }
        List<String> names = Arrays.asList("b", "a", "c1");
        Map<Integer, List<String>> byLength = names.stream().filter(name -> !name.isEmpty())
                .sorted(Comparator.comparing(String::toString)).collect(Collectors.groupingBy(String::length));
        String text = String.format("%s %d %.2f", byLength, names.size(), 1.5) + event.size() + String.join(",", names);
        boolean found = Pattern.compile("(\\w+) (\\d+)").matcher(text).find();
        String day = DateTimeFormatter.ISO_DATE_TIME.format(Instant.now().atOffset(ZoneOffset.UTC));
        String id = Base64.getEncoder().encodeToString(UUID.randomUUID().toString().getBytes(StandardCharsets.UTF_8));
        LOGGER.info("found " + found + " on " + day);
        event.put("text", text + id);
        return event;
    }
}
