"""Of all tests: Ctrl-C reaches their children, however the tests themselves were started."""

from __future__ import annotations

import signal

# A shell without job control has what it starts in the background ignore SIGINT, and children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
