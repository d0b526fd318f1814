package shop;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import software.amazon.lambda.powertools.logging.Logging;
import software.amazon.lambda.powertools.logging.LoggingUtils;
import software.amazon.lambda.powertools.tracing.CaptureMode;
import software.amazon.lambda.powertools.tracing.Tracing;

/** As the guide of Powertools for Java has it: woven in by AspectJ when it is compiled. */
public class Orders implements RequestHandler<Map<String, String>, String> {
    private static final Logger LOGGER = LogManager.getLogger(Orders.class);

    @Override
    @Logging(clearState = true)
    @Tracing(captureMode = CaptureMode.DISABLED)
    public String handleRequest(Map<String, String> event, Context context) {
        LoggingUtils.appendKey("item", event.get("item"));
        LOGGER.info("sold");
        return context.getAwsRequestId();
    }
}
