package com.amazonaws.services.lambda.runtime;

import com.amazonaws.services.lambda.runtime.logging.LogLevel;

/** The shape of the interface of aws-lambda-java-core: compiled against, never shipped. */
public interface LambdaLogger {
    void log(String message);

    void log(byte[] message);

    void log(String message, LogLevel level);

    void log(byte[] message, LogLevel level);
}
