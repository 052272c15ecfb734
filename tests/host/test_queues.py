from __future__ import annotations

from why502.host.listeners import Queues
from why502.host.queues import LONGEST_SHARE_S, QueueTally
from why502.model.host import Listener

LISTENER = Listener(address="127.0.0.1:80", netns=1, inode=5, backlog=1, queue_len=0)


def test_nothing_is_claimed_without_looks_in_between() -> None:
    """Not sampled is None, not 0."""
    assert QueueTally().take((LISTENER,)) == (LISTENER,)


def test_longest_queue_and_time_full_are_those_of_the_looks() -> None:
    """Full is one more than the backlog; each look stands for the time since the last one."""
    tally = QueueTally()
    for at_s, queue_len in ((10.00, 0), (10.01, 1), (10.02, 2), (10.04, 2), (10.05, 0)):
        tally.add(Queues({5}, {5: (queue_len, 1)} if queue_len else {}), at_s)
    (one,) = tally.take((LISTENER,))
    assert (one.queue_len_max, one.queue_full_s) == (2, 0.03)
    assert [(x.queue_len_max, x.queue_full_s) for x in tally.take((LISTENER,))] == [(0, 0.0)]


def test_time_in_which_nobody_looked_is_not_claimed() -> None:
    """After a pause of ours one look counts for a share at most."""
    tally = QueueTally()
    tally.add(Queues({5}, {}), 10.0)
    tally.add(Queues({5}, {5: (2, 1)}), 70.0)
    (one,) = tally.take((LISTENER,))
    assert one.queue_full_s == LONGEST_SHARE_S
