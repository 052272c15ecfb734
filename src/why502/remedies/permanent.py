"""What must be set so that the next start of the service has the backlog too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.listeners import listener_windows
from why502.known import known_issues
from why502.model.host import HostRecord, Snapshot
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.fixing import BacklogPlan

SYSCTL_FILE: Final = "/etc/sysctl.d/60-somaxconn.conf"


def permanent(made: BacklogPlan) -> tuple[Remedy, ...]:
    """The most particular first: a known fault of this software, its setting, the system's limit."""
    return tuple(_remedies(made))


def _remedies(made: BacklogPlan) -> Iterator[Remedy]:
    for issue in known_issues():
        for window in listener_windows(_record(made), ""):
            if issue.condition == "backlog-too-small" and issue.matches(window):
                yield from issue.remedies
    if (server := made.process.server) and server.backlog_setting and not server.guessed:
        yield Remedy(f"{server.name}: set {server.backlog_setting} to {made.asked}.")
    else:
        yield Remedy(f"Set the backlog of {made.process.name} to {made.asked} where it calls listen().")
    if made.limited:
        yield _somaxconn(made)


def _somaxconn(made: BacklogPlan) -> Remedy:
    limit = f"net.core.somaxconn {made.namespace.somaxconn} of its network namespace"
    if made.process.container:
        text = f"{limit} cuts every backlog: start the container with --sysctl net.core.somaxconn={made.asked}"
        return Remedy(f"{text} (Kubernetes: securityContext.sysctls).")
    command = f"echo net.core.somaxconn={made.asked} | sudo tee {SYSCTL_FILE} && sudo sysctl --system"
    return Remedy(f"{limit} cuts every backlog: raise it, then restart the service.", command)


def _record(made: BacklogPlan) -> HostRecord:
    """The one listener as a record, which is what known issues are matched against."""
    snapshot = Snapshot(0.0, (made.listener,), (made.namespace,), (made.process,))
    return HostRecord("", "", "", None, (snapshot,))
