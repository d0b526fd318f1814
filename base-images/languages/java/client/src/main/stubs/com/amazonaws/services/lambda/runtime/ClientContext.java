package com.amazonaws.services.lambda.runtime;

import java.util.Map;

/** The shape of the interface of aws-lambda-java-core: compiled against, never shipped. */
public interface ClientContext {
    Client getClient();

    Map<String, String> getCustom();

    Map<String, String> getEnvironment();
}
