package conformance.nested;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;

public class Requests implements RequestHandler<Object, Object> {
    @Override
    public Object handleRequest(Object event, Context context) {
        return event;
    }
}
