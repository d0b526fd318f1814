package com.amazonaws.services.lambda.runtime;

/** The shape of the interface of aws-lambda-java-core: compiled against, never shipped. */
public interface Client {
    String getInstallationId();

    String getAppTitle();

    String getAppVersionName();

    String getAppVersionCode();

    String getAppPackageName();
}
