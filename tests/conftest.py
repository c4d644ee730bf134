"""What all tests share."""

from __future__ import annotations

import signal

# A shell that starts the tests in the background has them ignore Ctrl-C, and children inherit that. Tests that send
# it to processes they start need the usual meaning.
signal.signal(signal.SIGINT, signal.default_int_handler)
