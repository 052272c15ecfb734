"""The hosts of a case, each with the place of its record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.evidence import Place, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.case import Case
    from why502.model.host import HostRecord


def placed(case: Case) -> Iterator[tuple[HostRecord, Place]]:
    """Records stand in the order of the inputs that gave them; one that gave nothing has no record."""
    paths = [i.path for i in case.inputs if i.source is Source.HOST and i.records]
    for index, record in enumerate(case.hosts):
        yield record, Place(paths[index] if index < len(paths) else record.hostname)


def listening_told(case: Case) -> bool:
    """Whether anything tells what listens on a host; counters alone do not."""
    return any(snapshot.listeners for record in case.hosts for snapshot in record.snapshots)
