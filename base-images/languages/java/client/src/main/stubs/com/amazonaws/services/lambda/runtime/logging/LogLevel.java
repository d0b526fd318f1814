package com.amazonaws.services.lambda.runtime.logging;

/** The shape of the levels of aws-lambda-java-core: compiled against, never shipped. */
public enum LogLevel {
    UNDEFINED,
    TRACE,
    DEBUG,
    INFO,
    WARN,
    ERROR,
    FATAL
}
