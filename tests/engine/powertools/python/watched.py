"""A function that Sentry watches, as Sentry's page for Lambda has it; what would be sent is kept."""

import sentry_sdk
from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration
from sentry_sdk.transport import Transport

pending = []
sent = []


class Kept(Transport):
    def capture_envelope(self, envelope):
        pending.extend(item.headers["type"] for item in envelope.items)

    def flush(self, timeout, callback=None):
        sent.extend(pending)
        pending.clear()


sentry_sdk.init(
    dsn="http://key@localhost/1",
    integrations=[AwsLambdaIntegration(timeout_warning=True)],
    traces_sample_rate=1.0,
    transport=Kept,
)


def handler(event, context):
    return sent if event == "sent" else {}[event]
