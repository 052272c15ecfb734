from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from why502.host.thinning import merge, thin
from why502.model.host import Listener, Process, Snapshot


def _snapshot(at_s: float, peak: int) -> Snapshot:
    listener = Listener("127.0.0.1:80", 1, 5, 1, 0, queue_len_max=peak, queue_full_s=0.25)
    return Snapshot(at_s=at_s, listeners=(listener,))


@given(st.lists(st.integers(0, 9), min_size=5, max_size=60))
def test_thinning_halves_and_loses_no_peak_and_no_time(peaks: list[int]) -> None:
    """First and last stay; what was seen in between is summed up."""
    before = [_snapshot(float(at_s), peak) for at_s, peak in enumerate(peaks)]
    after = thin(before, 4)
    assert (after[0], after[-1]) == (before[0], before[-1])
    assert len(after) <= len(before) // 2 + 2
    assert max(s.listeners[0].queue_len_max or 0 for s in after) == max(peaks)
    assert sum(s.listeners[0].queue_full_s or 0 for s in after) == 0.25 * len(before)


def test_up_to_the_limit_nothing_changes() -> None:
    """A short record keeps its seconds."""
    before = [_snapshot(1.0, 1)] * 4
    assert thin(before, 4) == before


def test_the_most_files_that_were_open_stay_known() -> None:
    """As measured with a look, or in between; another process with the number begins anew."""
    api = Process(77, "api", "api", start_s=1.0)
    used = [(5, None), (9, 24), (30, None), (6, 7), (4, None), (3, 8)]
    before = [
        Snapshot(float(at_s), processes=(msgspec.structs.replace(api, fds_open=now, fds_open_max=most),))
        for at_s, (now, most) in enumerate(used)
    ]
    after = thin(before, 4)
    assert [s.processes[0].fds_open_max for s in after] == [None, 30, 7, 8]
    other = Snapshot(6.0, processes=(Process(77, "api", "api", start_s=2.0, fds_open=3),))
    assert merge(before[1], other) == other
