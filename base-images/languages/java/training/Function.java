import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

/** A function as most are. */
public class Function implements RequestHandler<Map<String, Object>, Object> {
    @Override
    public Object handleRequest(Map<String, Object> event, Context context) {
        if (context.getRemainingTimeInMillis() < 0) {
            context.getLogger().log("late");
        }
        return event;
    }
}
