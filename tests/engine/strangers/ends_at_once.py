#!/usr/bin/python3
"""Wants a setting that Lambda does not give."""

import sys

print("DATABASE_URL is not set", file=sys.stderr)
sys.exit(3)
