"""A backlog beyond 65535 wrapped around

Before Linux 4.1 the kernel kept the backlog in 16 bits: a somaxconn of 65536 became 0. Programs that pass somaxconn on
unseen had almost no queue. Go clips it since #5030.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

WRAPS_AT: Final = 1 << 16


def matches(window: ListenerWindow) -> str | None:
    """What is left of the number, on a kernel that is old enough: one without tcp_tw_recycle is 4.12 or later."""
    space, backlog = window.namespace, window.listener.backlog
    somaxconn = space.somaxconn if space else None
    if space is None or somaxconn is None or space.tcp_tw_recycle is None:
        return None
    if somaxconn < WRAPS_AT or backlog != somaxconn % WRAPS_AT:
        return None
    return f"backlog {backlog} is what 16 bits hold of net.core.somaxconn {somaxconn}"


KNOWN = KnownIssue(
    id="go-5030",
    software="any program, kernels before 4.1",
    affected="Linux before 4.1",
    condition="backlog-too-small",
    matches=matches,
    source="https://github.com/golang/go/issues/5030",
    remedies=(Remedy("Set net.core.somaxconn to 65535 or less."),),
    recognised_by="the numbers: the backlog is what is left of somaxconn in 16 bits, on a kernel before 4.12",
    certainty=1,
)
