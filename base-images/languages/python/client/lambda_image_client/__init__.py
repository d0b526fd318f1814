"""lambda-image's own Runtime API client: the standard library only, Python 3.8 and newer.

`start` prepares the process, `loop` serves event after event; each other module holds one idea. What only few
invocations need (errors, streams, records of the function's logger) is imported when it is needed.
"""

VERSION = "0.1.0"
