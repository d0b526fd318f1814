from handlers import HandlerError
from snapshot_restore_py import register_after_restore


def hook():
    raise HandlerError("after hook")


register_after_restore(hook)


def handler(event, context):
    return event
