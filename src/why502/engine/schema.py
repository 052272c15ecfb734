"""The tables of requests: one schema for all formats and engines.

Integers only, so that every engine computes the same to the last digit: times in microseconds since the epoch,
durations in microseconds, null where the log does not tell.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

TEXT: Final = pa.dictionary(pa.int32(), pa.string())

SCHEMA: Final = pa.schema(
    [
        ("file", pa.int32()),  # index into the list of files
        ("line", pa.int64()),  # counted from 1
        ("start_us", pa.int64()),
        ("end_us", pa.int64()),
        ("status", pa.int32()),
        ("side", TEXT),
        ("phase", TEXT),
        ("manner", TEXT),  # null: nothing failed
        ("target", TEXT),
        ("target_group", TEXT),  # `group` is a reserved word
        ("connect_us", pa.int64()),
        ("wait_us", pa.int64()),
        ("total_us", pa.int64()),
        ("attempt", pa.int32()),  # 0: the request itself; 1...: its failed attempts of which the client saw nothing
        (
            "detail",
            pa.binary(),
        ),  # the line itself, of requests that failed, were retried or turned down, connected late or were drawn
    ]
)

ATTEMPT_OF: Final = b"\0attempt %d of\0"
"""What the detail of a failed attempt has in front of the line of its request."""

COUNTS: Final = pa.schema([("who", TEXT), ("what", pa.int64()), ("value", pa.int64()), ("requests", pa.int64())])
"""`facts.counted`"""

RUNS: Final = pa.schema(
    [
        ("who", TEXT),
        ("first_us", pa.int64()),
        ("last_us", pa.int64()),
        ("busy_us", pa.int64()),
        ("requests", pa.int64()),
    ]
)
"""`facts.counted`"""

DRAWN: Final = pa.schema([("file", pa.int32()), ("line", pa.int64()), ("detail", pa.binary())])
"""`facts.counted`"""

TABLES: Final = {"requests": SCHEMA, "counts": COUNTS, "runs": RUNS}


def plain(schema: pa.Schema) -> pa.Schema:
    """The same without dictionaries, for engines that do not know them."""
    return pa.schema([(f.name, pa.string() if f.type == TEXT else f.type) for f in schema])
