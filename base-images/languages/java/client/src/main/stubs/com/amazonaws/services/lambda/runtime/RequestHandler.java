package com.amazonaws.services.lambda.runtime;

/** The shape of the interface of aws-lambda-java-core: compiled against, never shipped. */
public interface RequestHandler<I, O> {
    O handleRequest(I input, Context context);
}
