"""Apache Traffic Server's `records.config` and `remap.config` given as evidence (docs.trafficserver.apache.org).

`records.yaml`, of version 10, is read by `keyed`. `remap.config` overrides records for one mapping by the plugin
conf_remap.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from why502.model.case import Input
from why502.model.evidence import Place, Source
from why502.model.expressions import expression
from why502.model.settings import Setting, Timer
from why502.sources.configurations.lengths import seconds
from why502.sources.interface import EvidenceFile, Reader, Reading
from why502.sources.nginx_conf import MAX_SETTINGS, content

if TYPE_CHECKING:
    from collections.abc import Iterator

KIND: Final = "trafficserver-configuration"

TIMERS: Final = {
    "connect_attempts_timeout": Timer.CONNECT,
    "transaction_no_activity_timeout_out": Timer.WAIT,
    "transaction_active_timeout_out": Timer.WAIT,
    "keep_alive_no_activity_timeout_out": Timer.POOL,
}
"""Under `proxy.config.http.`; in seconds, 0 switches off."""

RETRIES: Final = "connect_attempts_max_retries"
"""How often a connect is tried again."""

_RECORD = expression(
    r"^[ \t]*+(?:CONFIG|LOCAL)[ \t]++proxy\.config\.http\.(\w{1,64})[ \t]++INT[ \t]++(\d{1,9})\b", re.ASCII
)
_OVERRIDE = expression(r"@pparam=proxy\.config\.http\.(\w{1,64})=(\d{1,9})(?=\s|$)", re.ASCII)
_MAPPING = expression(r"[ \t]*+(?:map|regex_map|map_with_recv_port)[ \t]++(\S{1,512})[ \t]++\S", re.ASCII)


def settings(text: str, path: str) -> Iterator[Setting]:
    """One record or one mapping a line."""
    for number, line in enumerate(text.splitlines(), 1):
        at = Place(path, number)
        if record := _RECORD.match(line):
            yield from _setting(record[1], record[2], at, "")
        elif mapping := _MAPPING.match(line):
            for override in _OVERRIDE.finditer(line, mapping.end()):
                yield from _setting(override[1], override[2], at, f"map {mapping[1]}"[:200])


def _setting(name: str, value: str, at: Place, scope: str) -> Iterator[Setting]:
    if name == RETRIES:
        yield Setting("trafficserver", name, (Timer.CONNECT,), at, tries=int(value) + 1, scope=scope)
    elif name in TIMERS and (length_s := seconds(value)) is not None:
        yield Setting("trafficserver", name, (TIMERS[name],), at, length_s, scope=scope)


def _read(evidence: EvidenceFile) -> Reading:
    found = tuple(islice(settings(content(evidence), evidence.path), MAX_SETTINGS))
    return Reading(Input(evidence.path, KIND, Source.CONFIGURATION if found else None, len(found)), found)


def fit(head: bytes) -> float:
    """A record, or a mapping that overrides one."""
    lines = head.decode("utf-8", "replace").removeprefix("\ufeff").splitlines()[:2000]
    return (
        0.9
        if any(line.lstrip().startswith("CONFIG proxy.config.") or _OVERRIDE.search(line) for line in lines)
        else 0.0
    )


READER = Reader(KIND, fit, _read)
