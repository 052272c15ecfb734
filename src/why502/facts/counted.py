"""Ordinary requests of a large table are told as counts, not one by one.

Ordinary is a request with a status below 500 that did not fail, was not retried, cannot have been turned down unread
(`facts.turned_down`), did not connect late and is neither the first nor the last of its piece of a log (so that rows
alone tell the span). Three tables tell all that the facts
ask of them; `who` is the target, '' where the log names none:

- counts: who, what, value, requests: how many had this value, by what is counted (below);
- runs: who, first_us, last_us, busy_us, requests: requests of one target, each of which began at most `BURST_GAP_US`
  after another one (so that no burst ends inside), and when the last of them ended;
- drawn: file, line, detail: the lines of those that may be drawn for a sample.

The first two may tell the same in several rows: whoever asks adds up.
"""

from __future__ import annotations

from typing import Final

NO_TARGET: Final = ""
"""In place of null, where rows without a target are one group."""

SERVED: Final = 0
"""Requests; no value."""

ENDED: Final = 1
"""By the whole second (since the epoch) in which they ended; of all targets together, as ''."""

CONNECTED: Final = 2
"""By the time to connect in microseconds, rounded (`facts.quantiles.coarse`)."""

WAITED: Final = 3
"""By the time to the first byte in microseconds, rounded alike."""
