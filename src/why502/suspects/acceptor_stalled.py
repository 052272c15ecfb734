"""Acceptor stalled

What happens
------------
The thread that accepts connections does not come: it waits for a lock, collects garbage, does a handshake itself, or
there are no free workers and so it does not accept. Finished connections wait in the kernel's queue.

How it looks from the proxy
---------------------------
With a large backlog, slow answers; with a small one, an overflow.

What gives it away
------------------
The accept queue stays full, or long, for tenths of a second and more.

What clears it
--------------
A queue that was sampled often and was empty nearly always.

What to do
----------
Take a stack dump while the queue is full; move other work off the accepting thread.

Sources
-------
`sk_ack_backlog` by `inet_diag` (idiag_rqueue of a listener), net/ipv4/tcp_diag.c.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene

LATE_S = 0.5
"""A thread that is merely scheduled late comes within milliseconds; half a second full is a stall."""
NEVER_S = 0.05


def judge(scene: Scene) -> Judgement:
    sampled = [w for w in scene.listeners if w.queue_full_s is not None]
    if not sampled:
        return CannotTell((Source.HOST,), "nobody sampled the listener's queue")
    window = max(sampled, key=lambda w: w.queue_full_s or 0.0)
    full_s = window.queue_full_s or 0.0
    text = (
        f"the accept queue of {window.listener.address} was seen full for {full_s:.2f} s in all, and held "
        f"{window.queue_len_max} at most (backlog {window.listener.backlog})"
    )
    bits = 5.0 if full_s >= LATE_S else -5.0 if full_s < NEVER_S else -1.0
    return Weighed((Evidence(bits, text, Source.HOST, window.at),), text)


SUSPECT = Suspect(
    name="acceptor-stalled",
    kind=Kind.CONDITION,
    title="nobody accepted waiting connections for a while",
    prior=0.1,
    judge=judge,
    explains=("accept-queue-overflow", "target-too-slow"),
    remedies=(Remedy("Take a stack dump while the queue is full; move other work off the accepting thread."),),
)
