package lambdaimage.bridge;

import com.amazonaws.services.lambda.runtime.Client;
import com.amazonaws.services.lambda.runtime.ClientContext;
import com.amazonaws.services.lambda.runtime.CognitoIdentity;
import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.util.HashMap;
import java.util.Map;
import lambdaimage.Invocation;

/** What the function is told of an invocation. Methods that older interfaces lack do no harm. */
final class FunctionContext implements Context {
    private final Invocation invocation;

    FunctionContext(Invocation invocation) {
        this.invocation = invocation;
    }

    private static String env(String name) {
        return System.getenv(name);
    }

    @Override
    public String getAwsRequestId() {
        return invocation.requestId();
    }

    @Override
    public String getLogGroupName() {
        return env("AWS_LAMBDA_LOG_GROUP_NAME");
    }

    @Override
    public String getLogStreamName() {
        return env("AWS_LAMBDA_LOG_STREAM_NAME");
    }

    @Override
    public String getFunctionName() {
        return env("AWS_LAMBDA_FUNCTION_NAME");
    }

    @Override
    public String getFunctionVersion() {
        return env("AWS_LAMBDA_FUNCTION_VERSION");
    }

    @Override
    public String getInvokedFunctionArn() {
        return invocation.arn();
    }

    @Override
    public int getMemoryLimitInMB() {
        String size = env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
        return size == null || size.isEmpty() ? 0 : Integer.parseInt(size);
    }

    @Override
    public int getRemainingTimeInMillis() {
        return invocation.remainingMs();
    }

    @Override
    public String getTenantId() {
        return invocation.tenantId();
    }

    public String getXrayTraceId() {
        return invocation.traceId();
    }

    @Override
    public LambdaLogger getLogger() {
        return new FunctionLogger(invocation);
    }

    @Override
    public CognitoIdentity getIdentity() {
        Map<?, ?> told = invocation.identity();
        return told == null ? null : new CognitoIdentity() {
            @Override
            public String getIdentityId() {
                return text(told.get("cognitoIdentityId"));
            }

            @Override
            public String getIdentityPoolId() {
                return text(told.get("cognitoIdentityPoolId"));
            }
        };
    }

    @Override
    public ClientContext getClientContext() {
        Map<?, ?> told = invocation.clientContext();
        return told == null ? null : new ClientContext() {
            @Override
            public Client getClient() {
                Object client = told.get("client");
                return client instanceof Map ? new FunctionClient((Map<?, ?>) client) : null;
            }

            @Override
            public Map<String, String> getCustom() {
                return texts(told.get("custom"));
            }

            @Override
            public Map<String, String> getEnvironment() {
                return texts(told.get("env"));
            }
        };
    }

    private static final class FunctionClient implements Client {
        private final Map<?, ?> told;

        FunctionClient(Map<?, ?> told) {
            this.told = told;
        }

        @Override
        public String getInstallationId() {
            return text(told.get("installation_id"));
        }

        @Override
        public String getAppTitle() {
            return text(told.get("app_title"));
        }

        @Override
        public String getAppVersionName() {
            return text(told.get("app_version_name"));
        }

        @Override
        public String getAppVersionCode() {
            return text(told.get("app_version_code"));
        }

        @Override
        public String getAppPackageName() {
            return text(told.get("app_package_name"));
        }
    }

    private static String text(Object value) {
        return value == null ? null : value.toString();
    }

    private static Map<String, String> texts(Object value) {
        if (!(value instanceof Map)) {
            return null;
        }
        Map<String, String> texts = new HashMap<>();
        for (Map.Entry<?, ?> one : ((Map<?, ?>) value).entrySet()) {
            texts.put(text(one.getKey()), text(one.getValue()));
        }
        return texts;
    }
}
