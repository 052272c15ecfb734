from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from why502.engine import store as stores
from why502.engine.schema import TABLES
from why502.engine.store import RequestStore
from why502.errors import Why502Error

ROWS = 50_000


def column(kind: pa.DataType) -> pa.Array:
    numbers = np.random.default_rng(1).integers(0, 1 << 30, ROWS)
    if pa.types.is_integer(kind):
        return pa.array(numbers).cast(kind)
    words = pa.array(numbers.astype(str))
    return words.dictionary_encode() if pa.types.is_dictionary(kind) else words.cast(kind)


def test_no_room_to_spill_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small /tmp, and an outage of which every line is kept: nothing to report to us, but to free."""
    monkeypatch.setattr(stores, "MEMORY_LIMIT", "24MB")
    store = RequestStore()
    store._database.execute("SET max_temp_directory_size = '1MB'")
    schema = TABLES["requests"]
    rows = pa.RecordBatch.from_arrays([column(field.type) for field in schema], schema=schema)
    with pytest.raises(Why502Error, match="neither into memory nor") as told:  # noqa: PT012 - the writer is a thread
        for _ in range(20):
            store.add(rows)
        store.fetch(store.rows)
    assert told.value.where == store._folder.name
    assert "TMPDIR" in told.value.hint
