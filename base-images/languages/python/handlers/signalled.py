import signal
import sys


def _hook(number, frame):
    sys.stdout.write("sigterm hook ran\n")
    sys.stdout.flush()
    sys.exit(0)


signal.signal(signal.SIGTERM, _hook)


def handler(event, context):
    return event
