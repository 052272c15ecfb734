"""Passenger answers 503 when its request queue is full

`max_request_queue_size` is 100: beyond, Passenger itself answers 503 `queue full`.
"""

from __future__ import annotations

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

KNOWN = KnownIssue(
    id="passenger-513",
    software="Passenger",
    affected="5 and 6, by default",
    condition="worker-pool-exhausted",
    matches=runs("passenger", so="it answers 503 itself when 100 requests wait"),
    source="https://github.com/phusion/passenger/issues/513",
    remedies=(Remedy("Raise passenger_max_request_queue_size and the number of processes."),),
    recognised_by="the title of its process",
    certainty=1,
)
