from snapshot_restore_py import register_after_restore, register_before_snapshot

for number in (1, 2, 3):
    register_before_snapshot(lambda number=number: print(f"before {number}"))
    register_after_restore(lambda number=number: print(f"after {number}"))


def handler(event, context):
    return event
