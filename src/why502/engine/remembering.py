"""From a row of the table back to the whole request."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from why502.engine.pieces import line_text
from why502.engine.rows import parsed_rows
from why502.engine.schema import ATTEMPT_OF, SCHEMA, plain
from why502.facts.attempts import hidden_failures
from why502.formats.interface import LogFormat
from why502.model.evidence import Place
from why502.model.expressions import expression
from why502.model.requests import Request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REMEMBERED: Final = -1
"""In place of a file's number: `line` counts requests that were handed in as such."""


_ATTEMPT: Final = expression(re.escape(ATTEMPT_OF).replace(b"%d", rb"(\d+)"))


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
        rows = parsed_rows(requests, REMEMBERED, [b""] * len(requests), lines=range(begin, len(self.requests)))
        return pa.Table.from_batches([rows]).cast(plain(SCHEMA))

    def recall(self, row: Mapping[str, object]) -> Request:
        """Remembered, or read again from its line; or a failed attempt of such a request."""
        number, line, detail = row["file"], row["line"], row["detail"]
        assert isinstance(number, int)
        assert isinstance(line, int)
        text = bytes(detail) if isinstance(detail, (bytes, bytearray)) else b""
        attempt = _ATTEMPT.match(text)
        request = self.requests[line] if number == REMEMBERED else self._read(number, line, text, attempt)
        if not attempt:
            return request
        return next(islice(hidden_failures(request), int(attempt[1]) - 1, None))

    def _read(self, number: int, line: int, text: bytes, attempt: re.Match[bytes] | None) -> Request:
        path, log_format = self.files[number]
        own = text[attempt.end() :] if attempt else text
        request = log_format.parse(line_text(own, first=line == 1), Place(path, line))
        assert isinstance(request, Request)
        return request
