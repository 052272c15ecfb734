"""The targets that the user names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from why502.errors import Why502Error
from why502.live.bpf import MAX_PORTS

if TYPE_CHECKING:
    from collections.abc import Sequence


def ports_of(targets: Sequence[str]) -> tuple[int, ...]:
    """The ports of the targets, each once.

    >>> ports_of(["10.0.0.7:8080", "[::1]:9000", ":8080", "443"])
    (443, 8080, 9000)
    """
    ports = {_port(target) for target in targets}
    if len(ports) > MAX_PORTS:
        raise Why502Error("too many targets", why=f"at most {MAX_PORTS} different ports can be captured")
    return tuple(sorted(ports))


def _port(target: str) -> int:
    match = re.fullmatch(r"(?:.*:)?(\d{1,5})", target, re.ASCII)
    if not match or not 0 < int(match[1]) < 1 << 16:
        raise Why502Error("no port in the target", where=target, hint="write it as ADDRESS:PORT")
    return int(match[1])
