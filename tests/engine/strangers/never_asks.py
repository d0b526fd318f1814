#!/usr/bin/python3
"""A server as it would run anywhere else: it waits to be called."""

import time

print("listening on port 8080", flush=True)
while True:
    time.sleep(60)
