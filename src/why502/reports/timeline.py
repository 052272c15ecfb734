"""5xx by origin over time, in as many bars as a picture has room for."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from why502.model.traffic import Bucket

if TYPE_CHECKING:
    from collections.abc import Sequence


def bars(timeline: Sequence[Bucket], bucket_s: float, most: int) -> tuple[list[Bucket], float]:
    """At most `most` buckets without gaps, and how long each is: a whole number of the given ones.

    An interval without a bucket is one without requests. A time that is not finite has no place in a picture.
    """
    timeline = [bucket for bucket in timeline if isfinite(bucket.at_s)]
    if not timeline or bucket_s <= 0:
        return [], bucket_s
    begin_s = min(b.at_s for b in timeline)
    wanted = int((max(b.at_s for b in timeline) - begin_s) // bucket_s) + 1
    length_s = bucket_s * -(-wanted // most)
    totals = [[0, 0, 0] for _ in range(int((wanted - 1) * bucket_s // length_s) + 1)]
    for bucket in timeline:
        total = totals[min(int((bucket.at_s - begin_s) // length_s), len(totals) - 1)]
        for column, value in enumerate((bucket.requests, bucket.by_proxy, bucket.by_target)):
            total[column] += value
    return [Bucket(begin_s + i * length_s, *total) for i, total in enumerate(totals)], length_s
