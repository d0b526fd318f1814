package field;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayCustomAuthorizerEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.amazonaws.services.lambda.runtime.events.DynamodbEvent;
import com.amazonaws.services.lambda.runtime.events.IamPolicyResponse;
import com.amazonaws.services.lambda.runtime.events.KafkaEvent;
import com.amazonaws.services.lambda.runtime.events.KinesisEvent;
import com.amazonaws.services.lambda.runtime.events.KinesisFirehoseEvent;
import com.amazonaws.services.lambda.runtime.events.S3Event;
import com.amazonaws.services.lambda.runtime.events.SNSEvent;
import com.amazonaws.services.lambda.runtime.events.SQSBatchResponse;
import com.amazonaws.services.lambda.runtime.events.SQSEvent;
import com.amazonaws.services.lambda.runtime.events.ScheduledEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.KeyStore;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** Does what its event asks for; beside it, handlers in the other forms that AWS's documentation shows. */
public class Probe implements RequestHandler<Map<String, String>, Object> {
    static {
        if (System.getenv("EXIT_AT_INIT") != null) {
            System.exit(0);
        }
    }

    @Override
    public Object handleRequest(Map<String, String> event, Context context) {
        String name = event.get("name");
        switch (event.get("what")) {
            case "fetch":
                return fetched(name);
            case "roots":
                return roots();
            case "zone":
                return ZoneId.of(name).getRules().getOffset(java.time.Instant.EPOCH).getTotalSeconds();
            case "property":
                return System.getProperty(name);
            case "home":
                return new java.io.File(System.getenv("HOME")).canWrite();
            case "memory":
                return Runtime.getRuntime().maxMemory() >> 20;
            case "exit":
                System.exit(Integer.parseInt(name));
                return null;
            default:
                throw new IllegalArgumentException("outer", new IllegalStateException("inner"));
        }
    }

    private static String fetched(String url) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
            return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
        } catch (IOException | InterruptedException wrong) {
            return wrong.getClass().getSimpleName();
        }
    }

    private static int roots() {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            return ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length;
        } catch (java.security.GeneralSecurityException wrong) {
            throw new IllegalStateException(wrong);
        }
    }

    public static class Order {
        private int amount;

        public int getAmount() {
            return amount;
        }

        public void setAmount(int amount) {
            this.amount = amount;
        }
    }

    public Order order(Order event) {
        return event;
    }

    public String s3(S3Event event, Context context) {
        S3Event.S3EventNotificationRecord record = event.getRecords().get(0);
        return record.getEventTime().getYear() + " " + record.getS3().getBucket().getName() + " "
                + record.getS3().getObject().getUrlDecodedKey() + " " + record.getS3().getObject().getSizeAsLong();
    }

    public SQSBatchResponse sqs(SQSEvent event) {
        return SQSBatchResponse.builder().withBatchItemFailures(event.getRecords().stream()
                .filter(one -> !one.getMessageAttributes().get("colour").getStringValue().equals(one.getBody()))
                .map(one -> new SQSBatchResponse.BatchItemFailure(one.getMessageId()))
                .collect(Collectors.toList())).build();
    }

    public APIGatewayV2HTTPResponse http(APIGatewayV2HTTPEvent event, Context context) {
        String said = event.getRequestContext().getHttp().getMethod() + " " + event.getRawPath() + " "
                + event.getHeaders().get("x-a") + " " + event.getIsBase64Encoded();
        return APIGatewayV2HTTPResponse.builder().withStatusCode(201).withHeaders(Map.of("x-b", "c"))
                .withCookies(List.of("d=e")).withBody(said).build();
    }

    public IamPolicyResponse allow(APIGatewayCustomAuthorizerEvent event) {
        return IamPolicyResponse.builder().withPrincipalId(event.getAuthorizationToken())
                .withPolicyDocument(IamPolicyResponse.PolicyDocument.builder().withVersion(IamPolicyResponse.VERSION_2012_10_17)
                        .withStatement(List.of(IamPolicyResponse.allowStatement(event.getMethodArn()))).build()).build();
    }

    /** Events that are handed on, as a step of several does. */
    public SNSEvent notified(SNSEvent event) {
        return event;
    }

    public DynamodbEvent changed(DynamodbEvent event) {
        return event;
    }

    public KinesisEvent streamed(KinesisEvent event) {
        return event;
    }

    public KafkaEvent topics(KafkaEvent event) {
        return event;
    }

    public KinesisFirehoseEvent delivered(KinesisFirehoseEvent event) {
        return event;
    }

    public ScheduledEvent scheduled(ScheduledEvent event) {
        return event;
    }

    public S3Event stored(S3Event event) {
        return event;
    }

    /** Methods of the same name as the interface's. */
    public static class Overloaded implements RequestHandler<Order, Integer> {
        @Override
        public Integer handleRequest(Order event, Context context) {
            return event.getAmount();
        }

        public String handleRequest(String event, Context context) {
            return "not the interface's";
        }
    }

    public static class Nothing implements RequestHandler<Void, Void> {
        @Override
        public Void handleRequest(Void event, Context context) {
            return event;
        }
    }

    /** A handler of bytes. */
    public static class Upper implements RequestStreamHandler {
        @Override
        public void handleRequest(InputStream input, OutputStream output, Context context) throws IOException {
            for (byte one : input.readAllBytes()) {
                output.write(Character.toUpperCase(one));
            }
        }
    }
}
