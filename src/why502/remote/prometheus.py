"""Asks a Prometheus-compatible server for the few metrics that judgement needs."""

from __future__ import annotations

import urllib.error
import urllib.request
from base64 import b64encode
from http.client import HTTPException
from itertools import pairwise
from math import ceil
from statistics import median
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from msgspec import structs

from why502.errors import Why502Error
from why502.model.case import Misread
from why502.model.evidence import Place
from why502.sources.prometheus.answer import Sampled, decode
from why502.sources.prometheus.making import NAME, make
from why502.sources.prometheus.names import COUNTED, SHARES, Counted
from why502.sources.prometheus.reader import MAX_BYTES, MAX_SERIES, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.case import Window
    from why502.sources.interface import Reading

TIMEOUT_S: Final = 20.0
USUAL_SCRAPE_S: Final = 60.0
"""Prometheus' own default for `scrape_interval`, where nothing tells how often it scrapes."""
LOOK_BACK_S: Final = 600
"""From how long before the window's end the interval of scrapes is taken."""
MOST_POINTS: Final = 240
"""Points a series: as many as a picture shows, far below the server's own limit of 11,000."""

HINT: Final = "the address is that of its web page, such as http://prometheus:9090"


class Prometheus:
    """One server. `url` may carry a user and a password, and a path in front of `/api/v1`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Why502Error("no address of a Prometheus", where=_without_secret(url), hint=HINT)
        host = parts.netloc.rpartition("@")[2]
        self.url = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
        """Without the password: it is printed."""
        self._headers = {}
        if parts.username is not None:
            secret = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + b64encode(secret.encode()).decode()

    def fetch(self, window: Window) -> Reading:
        """All metrics that judgement knows, as far as the server has them."""
        sampled: list[Sampled] = []
        misreads: list[Misread] = []
        step_s = self._step_s(window)
        for metric, query in queries():
            answer = decode(self._range(query, window, step_s))
            if isinstance(answer, str):
                misreads.append(Misread(Place(self.url, mark="#", name=query), answer))
                continue
            sampled += [_named(one, metric) for one in answer if isinstance(one, Sampled)]
            misreads += [Misread(Place(self.url, mark="#", name=query), one) for one in answer if isinstance(one, str)]
        kept = sampled[:MAX_SERIES]
        if len(kept) < len(sampled):
            misreads.append(Misread(Place(self.url), f"{len(sampled)} series; the first {MAX_SERIES} were read"))
        return reading(self.url, make(kept, self.url), misreads, len(kept))

    def _step_s(self, window: Window) -> float:
        """A multiple of the interval of scrapes: between others, counters would seem to stand still and to jump."""
        answer = decode(self._ask("query", {"query": f"up[{LOOK_BACK_S}s]", "time": f"{window.to_s:.3f}"}))
        scraped = [one.points for one in answer if isinstance(one, Sampled)] if not isinstance(answer, str) else []
        gaps_s = [median(b[0] - a[0] for a, b in pairwise(points)) for points in scraped if len(points) > 1]
        scrape_s = max(1.0, round(max(gaps_s, default=USUAL_SCRAPE_S)))
        return scrape_s * max(1, ceil((window.to_s - window.from_s) / scrape_s / MOST_POINTS))

    def _range(self, query: str, window: Window, step_s: float) -> bytes:
        span = {"start": f"{window.from_s:.3f}", "end": f"{window.to_s:.3f}", "step": f"{step_s:g}"}
        return self._ask("query_range", {"query": query, **span})

    def _ask(self, what: str, asked: dict[str, str]) -> bytes:
        # POST, as long queries do not fit into every proxy's idea of a URL; the scheme was checked above
        request = urllib.request.Request(f"{self.url}/api/v1/{what}", urlencode(asked).encode())  # noqa: S310 - as above
        for name, value in self._headers.items():
            # A redirection must not carry the password elsewhere.
            request.add_unredirected_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310 - http and https only
                content: bytes = response.read(MAX_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                told = decode(error.read(4096))
            why = told if isinstance(told, str) and told.startswith("Prometheus") else f"HTTP status {error.code}"
            raise Why502Error("Prometheus refused", where=self.url, why=why, hint=HINT) from error
        except (OSError, ValueError, HTTPException) as error:
            why = str(getattr(error, "reason", error)) or type(error).__name__
            raise Why502Error("no answer from Prometheus", where=self.url, why=why, hint=HINT) from error
        if len(content) > MAX_BYTES:
            raise Why502Error(
                "too long an answer", where=self.url, why=asked["query"], hint="narrow it by --since and --until"
            )
        return content


def queries() -> Iterator[tuple[str, str]]:
    """Metric and query; `up` tells since when an instance was scraped at all.

    >>> dict(queries())["node_cpu_seconds_total"]
    'avg without (cpu) (node_cpu_seconds_total{mode=~"idle"})'
    """
    yield "up", "up"
    for counted in COUNTED:
        yield counted.metric, _query(counted)
    for share in SHARES:
        yield share.part, share.part
        yield share.whole, share.whole


def _query(counted: Counted) -> str:
    patterns = ",".join(f'{key}=~"{pattern}"' for key, pattern in counted.labels.items())
    selector = f"{counted.metric}{{{patterns}}}" if patterns else counted.metric
    selector = selector.replace("\\", "\\\\")
    # Sixty-four cores a machine would be sixty-four series; their mean is what is wanted.
    return f"avg without ({', '.join(counted.merged)}) ({selector})" if counted.mean else selector


def _named(one: Sampled, metric: str) -> Sampled:
    """Functions of PromQL drop the name; `mode` and the like too are what was asked for."""
    return structs.replace(one, labels={**one.labels, NAME: metric})


def _without_secret(url: str) -> str:
    return url.rpartition("@")[2][:200]
