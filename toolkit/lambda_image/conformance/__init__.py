"""The conformance suite: numbered requirements of the Runtime API and of Lambda's images, and cases for them.

It knows nothing of languages: the handler contract (`handlers.toml`) is its only view of them.
"""
