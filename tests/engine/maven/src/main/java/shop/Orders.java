package shop;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.Map;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** What an order costs: with the client's JSON, with Jackson's, and told to log4j. */
public class Orders implements RequestHandler<Order, Map<String, Object>> {
    @Override
    public Map<String, Object> handleRequest(Order order, Context context) {
        context.getLogger().log("order of " + order.customer());
        return Map.of("customer", order.customer(), "total", total(order));
    }

    static BigDecimal total(Order order) {
        return order.items().stream()
                .map(item -> item.price().multiply(BigDecimal.valueOf(item.count())))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    public static class WithJackson implements RequestStreamHandler {
        private static final ObjectMapper MAPPER = new ObjectMapper();

        @Override
        public void handleRequest(InputStream event, OutputStream result, Context context) throws IOException {
            Order order = MAPPER.readValue(event, Order.class);
            ObjectNode answer = MAPPER.createObjectNode().put("customer", order.customer()).put("total", total(order));
            MAPPER.writeValue(result, answer);
        }
    }

    public static class WithLog4j implements RequestHandler<Order, String> {
        private static final Logger LOGGER = LogManager.getLogger(WithLog4j.class);

        @Override
        public String handleRequest(Order order, Context context) {
            LOGGER.info("of {}", order.customer());
            return context.getAwsRequestId();
        }
    }
}
