"""Text of `varnishlog`, by request or one transaction after the other: what Varnish's access log leaves out.

A client's transaction (`<< Request >>`) links those with the backend (`<< BeReq >>`), which say in `FetchError` why
they failed. A retry inside of Varnish (`vcl_backend_response`, or `restart`) is one more transaction: a hidden failure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from why502.formats.fate import Fate, answered
from why502.formats.fields import request_line, seconds, whole
from why502.formats.varnish_fate import fate
from why502.model.case import Input, Misread, Window
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.requests import Attempt, Manner, Phase, Request, Side
from why502.sources.interface import FIRST_MISREAD, EvidenceFile, Reader, Reading, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = expression(r"(\*{1,16}) {1,8}<< (Session|Request|BeReq) {1,4}>> (\d{1,12})\s*", re.ASCII)
_RECORD = expression(r"(-{1,16}) {1,8}([A-Z]\w{1,31})(?: {1,20}(.*))?", re.ASCII)
_OPENED = expression(r"\d{1,9} (\S{1,255}) (\S{1,64}) (\d{1,5}) ", re.ASCII)

FAILED = 500
ACCOUNTED = 6

MAX_PENDING = 20_000
"""Transactions that wait for the one that they belong to; the oldest go first."""

KEPT = frozenset(
    {
        "Link",
        "ReqStart",
        "ReqMethod",
        "ReqURL",
        "RespStatus",
        "BerespStatus",
        "BackendOpen",
        "FetchError",
        "Timestamp",
        "VCL_call",
        "BereqAcct",
    }
)
"""Tags that are looked at. Of each the last one counts, but for links and timestamps."""


@dataclass(slots=True)
class _Transaction:
    kind: str
    number: str
    depth: int
    """How many stars before its head, and dashes before each of its records."""
    at: Place
    begun: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    times_s: dict[str, float] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    def lost_its_end(self, tag: str, depth: int) -> bool:
        """Whether this record is another transaction's: lines between were lost."""
        return depth != self.depth or (tag == "Begin" and self.begun)

    def add(self, tag: str, value: str) -> None:
        self.begun = True
        if tag == "Timestamp":
            label, _, rest = value.partition(": ")
            at_s = seconds(rest.split(" ")[0])
            if at_s is not None and len(self.times_s) < 64:
                self.times_s[label] = at_s
        elif tag == "Link":
            words = value.split(" ")
            if words[0] == "bereq" and len(words) > 1 and len(self.links) < 64:
                self.links.append(words[1])
        elif tag in KEPT:
            self.tags[tag] = value[:1000]


def _read(evidence: EvidenceFile) -> Reading:
    understood = not_understood = 0
    misreads: list[Misread] = []
    joined = _Joined()
    for number, line in lines(evidence):
        text = line.strip("\0 \t")
        if not text:
            continue
        place = Place(evidence.path, number)
        if joined.take(text, place):
            understood += 1
            continue
        not_understood += 1
        if len(misreads) < FIRST_MISREAD:
            misreads.append(Misread(place, "not a record of varnishlog"))
    requests = tuple(joined.requests())
    times = [at_s for request in requests for at_s in (request.start_s, request.end_s) if at_s is not None]
    window = Window(min(times), max(times)) if times else None
    told = Input(
        evidence.path, "varnish-log", Source.ACCESS_LOG, understood, not_understood, tuple(misreads), window
    )  # fmt: skip
    return Reading(told, requests)


class _Joined:
    """Transactions, put together as soon as those that they link are complete."""

    def __init__(self) -> None:
        self._current: _Transaction | None = None
        self._clients: dict[str, _Transaction] = {}
        self._backends: dict[str, _Transaction] = {}
        self._finished: list[Request] = []

    def take(self, text: str, place: Place) -> bool:
        """Whether this is a line of varnishlog."""
        if head := _HEAD.fullmatch(text):
            self._current = _Transaction(head[2], head[3], len(head[1]), place)
            return True
        record = _RECORD.fullmatch(text)
        if record is None:
            return False
        tag = record[2]
        if self._current is not None and self._current.lost_its_end(tag, len(record[1])):
            self._close(self._current)
        if self._current is not None:
            self._current.add(tag, record[3] or "")
            if tag == "End":
                self._close(self._current)
        return True

    def _close(self, transaction: _Transaction) -> None:
        self._current = None
        pending = {"Request": self._clients, "BeReq": self._backends}.get(transaction.kind)
        if pending is None:
            return
        pending[transaction.number] = transaction
        if len(pending) > MAX_PENDING:
            if pending is self._clients:
                self._finish(next(iter(pending.values())))
            else:
                del pending[next(iter(pending))]

    def _finish(self, client: _Transaction) -> None:
        del self._clients[client.number]
        backends = [self._backends.pop(link) for link in client.links if link in self._backends]
        if "ReqMethod" in client.tags:
            self._finished.append(_request(client, backends))

    def requests(self) -> Iterator[Request]:
        """All, once the log is at its end."""
        for client in list(self._clients.values()):
            self._finish(client)
        yield from self._finished


def _request(client: _Transaction, backends: list[_Transaction]) -> Request:
    status = whole(client.tags.get("RespStatus", ""))
    last = backends[-1] if backends else None
    ended = _fate(last, status)
    method, path = request_line(f"{client.tags['ReqMethod']} {client.tags.get('ReqURL', '-')} HTTP/1.1")
    start_s, end_s = client.times_s.get("Start"), client.times_s.get("Resp")
    address = client.tags.get("ReqStart", "").split(" ")
    target, group = _backend(last)
    return Request(
        proxy="varnish",
        at=client.at,
        start_s=start_s,
        end_s=end_s if end_s is not None else start_s,
        status=status or 0,
        side=ended.side,
        phase=ended.phase,
        manner=ended.manner,
        client=f"{address[0]}:{address[1]}" if len(address) > 1 else None,
        target=target,
        group=group,
        method=method,
        path=path,
        target_status=status if ended.side is Side.TARGET and last else None,
        wait_s=_span_s(last, "Bereq", "Beresp"),
        total_s=_span_s(client, "Start", "Resp"),
        attempts=tuple(_attempt(each, status) for each in backends) if len(backends) > 1 else (),
        reason=last.tags.get("FetchError") if last and ended.manner is not None else None,
    )


def _fate(backend: _Transaction | None, status: int | None) -> Fate:
    if backend is None:  # from the cache, or made in VCL
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN if status == 503 else None)
    error = backend.tags.get("FetchError")
    if error is not None:
        return fate(error, status)
    if status is not None and status >= FAILED and not _answer_came(backend):
        return Fate(Side.PROXY, Phase.UNKNOWN, Manner.UNKNOWN)
    return answered(status)


def _answer_came(backend: _Transaction) -> bool:
    """Where lines are missing, a status alone is none: Varnish writes its own 503 in the same words (`vbf_stp_error`,
    cache_fetch.c). `vcl_backend_response` is called for answers only; BereqAcct ends with the bytes of header, body,
    and both that came.
    """
    accounted = backend.tags.get("BereqAcct", "").split(" ")
    came = accounted[3] if len(accounted) == ACCOUNTED else "0"
    return backend.tags.get("VCL_call") == "BACKEND_RESPONSE" or came not in ("", "0")


def _attempt(backend: _Transaction, status: int | None) -> Attempt:
    told = whole(backend.tags.get("BerespStatus", ""))
    ended = _fate(backend, told if told is not None else status)
    return Attempt(_backend(backend)[0], told, phase=ended.phase, manner=ended.manner)


def _backend(backend: _Transaction | None) -> tuple[str | None, str | None]:
    """Address and name, once a connection was there; the name alone stands in the error of one that failed."""
    if backend is None:
        return None, None
    if opened := _OPENED.match(backend.tags.get("BackendOpen", "")):
        host = f"[{opened[2]}]" if ":" in opened[2] else opened[2]
        return f"{host}:{opened[3]}", opened[1]
    named = re.match(r"backend ([^\s:]{1,255}):", backend.tags.get("FetchError", ""))
    return None, named[1] if named else None


def _span_s(transaction: _Transaction | None, begin: str, end: str) -> float | None:
    times_s = transaction.times_s if transaction else {}
    return round(times_s[end] - times_s[begin], 6) if begin in times_s and end in times_s else None


def _fit(head: bytes) -> float:
    text = head.decode("utf-8", "replace").splitlines()[:200]
    filled = [line for line in text if line.strip()]
    if not any(_HEAD.fullmatch(line.strip()) for line in filled):
        return 0.0
    return sum(bool(_HEAD.fullmatch(line.strip()) or _RECORD.fullmatch(line.strip())) for line in filled) / len(filled)


READER = Reader("varnish-log", _fit, _read)
