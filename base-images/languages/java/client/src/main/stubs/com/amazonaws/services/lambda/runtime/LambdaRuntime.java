package com.amazonaws.services.lambda.runtime;

/** The shape of the class of aws-lambda-java-core: compiled against, never shipped. */
public final class LambdaRuntime {
    private static volatile LambdaLogger logger;

    private LambdaRuntime() {}

    public static LambdaLogger getLogger() {
        return logger;
    }
}
