"""How many connections waited to be accepted whenever a SYN was lost: always the same number, if their queue is full.

A listener takes connections until backlog + 1 wait (`sk_acceptq_is_full`, include/net/sock.h) and drops every further
SYN (`tcp_conn_request`, net/ipv4/tcp_input.c). So whenever its program paused for too long, the SYNs that were lost
came while that number waited, and none that came while so many waited was taken. What loses SYNs on the way, or
counts connections there, knows nothing of those that wait.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from math import inf
from typing import TYPE_CHECKING, Final

from why502.facts.empty_queue import lost_s, waiting_s
from why502.model.wire import FullAt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.model.conversations import Conversation

FEWEST_LOST: Final = 5
FEWEST_TAKEN: Final = 20
FEWEST_TIMES: Final = 3
"""A way that is interrupted once also loses all SYNs while the same connections wait."""
MOST_ELSEWHERE: Final = 0.1
"""Of the SYNs lost: while the program takes some again, one may meet another number than its packet tells."""
SMALLEST: Final = 2
"""A backlog of 0 or less is not asked for; and one that waits, while a SYN is lost, is chance."""


def full_at(conversations: Sequence[Conversation]) -> FullAt | None:
    """Of all conversations with one target; None: nothing so clear was seen."""
    lost = [at_s for c in conversations for at_s in lost_s(c)]
    if len(lost) < FEWEST_LOST:
        return None
    queue = _Queue(conversations)
    if len(queue.begin_s) < FEWEST_TAKEN:
        return None
    depth, number = Counter(map(queue.depth, lost)).most_common(1)[0]
    if depth < SMALLEST or number < (1 - MOST_ELSEWHERE) * len(lost) or queue.deepest >= depth:
        return None
    times = len({queue.newest(at_s) for at_s in lost if queue.depth(at_s) == depth})
    return FullAt(depth, number, len(lost), len(queue.begin_s), times) if times >= FEWEST_TIMES else None


class _Queue:
    """Who waited when: first come, first accepted (`reqsk_queue_remove`, include/net/request_sock.h), so that nobody
    waits any longer when one that came later has been answered. It holds for a single listener; of several on one port
    each has a queue of its own, and nothing is found here.
    """

    def __init__(self, conversations: Sequence[Conversation]) -> None:
        taken = [c for c in conversations if c.syn_s and c.synack_s]
        spans = sorted(span for c in taken if (span := waiting_s(c)) is not None)
        self.begin_s = [begin_s for begin_s, _ in spans]
        self.end_s: list[float] = []
        end_s = inf
        for _, own_end_s in reversed(spans):
            end_s = min(end_s, own_end_s)
            self.end_s.append(end_s)
        self.end_s.reverse()
        self.deepest = max((self.depth(begin_s) for begin_s in self.begin_s), default=0)
        """When a SYN was taken."""

    def depth(self, at_s: float) -> int:
        """Both lists grow, so those that wait stand side by side."""
        return max(0, bisect_left(self.begin_s, at_s) - bisect_left(self.end_s, at_s))

    def newest(self, at_s: float) -> int:
        return bisect_left(self.begin_s, at_s)
