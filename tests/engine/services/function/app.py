"""A user's function."""

import os

count = 0


def handler(event, context):
    global count
    count += 1
    if event.get("raise"):
        raise ValueError(event["raise"])
    return {"event": event, "count": count, "id": context.aws_request_id, "root": os.environ["LAMBDA_TASK_ROOT"]}
