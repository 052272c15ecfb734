"""From a row of the table back to the whole request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from why502.engine.arrays import numbers
from why502.engine.reading import line_text
from why502.engine.rows import parsed_rows
from why502.engine.schema import PLAIN, SCHEMA
from why502.formats.interface import LogFormat
from why502.model.evidence import Place
from why502.model.requests import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REMEMBERED: Final = -1
"""In place of a file's number: `line` counts requests that were handed in as such."""


@dataclass(slots=True)
class Memory:
    """The files of one table, and requests that came without a file."""

    files: list[tuple[str, LogFormat]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def register(self, path: str, log_format: LogFormat) -> int:
        self.files.append((path, log_format))
        return len(self.files) - 1

    def remember(self, requests: Sequence[Request]) -> pa.Table:
        """Rows of requests that are kept as they are."""
        begin = len(self.requests)
        self.requests.extend(requests)
        rows = parsed_rows(requests, REMEMBERED, [b""] * len(requests))
        lines = numbers(np.arange(begin, begin + len(requests)))
        rows = rows.set_column(SCHEMA.get_field_index("line"), "line", lines)
        return pa.Table.from_batches([rows]).cast(PLAIN)

    def recall(self, row: Mapping[str, object]) -> Request:
        """Remembered, or read again from its line."""
        number, line, detail = row["file"], row["line"], row["detail"]
        assert isinstance(number, int)
        assert isinstance(line, int)
        if number == REMEMBERED:
            return self.requests[line]
        assert isinstance(detail, (bytes, bytearray))
        path, log_format = self.files[number]
        request = log_format.parse(line_text(bytes(detail), first=line == 1), Place(path, line))
        assert isinstance(request, Request)
        return request
