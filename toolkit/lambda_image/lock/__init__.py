"""The lock: what images are made of, written down; what differs from it; what has become old."""

from lambda_image.lock.file import FILE, Entry, Lock, parse, read, text, write

__all__ = ["FILE", "Entry", "Lock", "parse", "read", "text", "write"]
