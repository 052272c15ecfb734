"""What all tests share."""

from __future__ import annotations

import signal

# A shell that starts a job in the background lets it ignore SIGINT, and every program that the tests start and then
# interrupt would inherit that.
for interrupt in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(interrupt) is signal.SIG_IGN:
        signal.signal(interrupt, signal.default_int_handler if interrupt is signal.SIGINT else signal.SIG_DFL)
