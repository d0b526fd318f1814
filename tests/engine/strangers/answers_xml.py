#!/usr/bin/python3
"""Answers in XML."""

import http.client
import os

api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    event = api.getresponse()
    body = event.read().decode()
    name = event.getheader("Lambda-Runtime-Aws-Request-Id")
    document = f"<result>{body}</result>".encode()
    api.request("POST", f"/2018-06-01/runtime/invocation/{name}/response", document, {"Content-Type": "text/xml"})
    api.getresponse().read()
