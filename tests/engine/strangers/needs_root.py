#!/usr/bin/python3
"""Writes its log where only root may, then goes on as a correct client does."""

from pathlib import Path

with Path("/var/log/client.log").open("a") as log:
    log.write("started\n")
exec(Path("/var/runtime/echoes.py").read_text())
