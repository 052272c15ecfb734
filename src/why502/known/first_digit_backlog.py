"""A backlog of which only the first digit was read

Programs that read `/proc/sys/net/core/somaxconn` in pieces get its first character only: procfs reports a size of 0, a
reader that trusts the size probes for more with a single byte, and the kernel's handler for integers returns nothing at
any offset but 0 (`__do_proc_dointvec`, kernel/sysctl.c). 128 becomes 1, 4096 becomes 4, 65535 becomes 6. Java's
`Files.readAllBytes` and `Files.readString` do so, and with them Dropwizard 1.3.0-rc7 to 1.3.6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.backlog import is_first_digit
from why502.known.interface import KnownIssue
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """The pattern alone, whatever the software."""
    somaxconn = window.namespace.somaxconn if window.namespace else None
    backlog = window.listener.backlog
    if not is_first_digit(backlog, somaxconn):
        return None
    return f"{backlog} is the first digit of net.core.somaxconn {somaxconn}, as if it had been read one character short"


KNOWN = KnownIssue(
    id="first-digit-backlog",
    software="any program that reads somaxconn in pieces",
    affected="JVM: Files.readAllBytes and Files.readString on /proc/sys files; Dropwizard 1.3.0-rc7 to 1.3.6",
    condition="backlog-too-small",
    matches=matches,
    source="https://github.com/dropwizard/dropwizard/issues/2429",
    remedies=(
        Remedy("Set the backlog explicitly instead of reading the default (Dropwizard: acceptQueueSize: 1024)."),
    ),
)
