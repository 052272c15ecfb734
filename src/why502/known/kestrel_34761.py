"""A descriptor closed twice cuts foreign connections of Kestrel

Where the application (or a library) closes a handle twice, the second close hits a connection that got the same number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.known.interface import KnownIssue
from why502.known.matching import runs
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow

SO: Final = "if the application closes a handle twice, it cuts the connection that has got the same number"
CORE: Final = runs("kestrel", first="2.2", fixed="3.0", so=SO)
FIVE: Final = runs("kestrel", first="5.0", fixed="6.0", so=SO)


def matches(window: ListenerWindow) -> str | None:
    """The two lines of releases that were reported."""
    return CORE(window) or FIVE(window)


KNOWN = KnownIssue(
    id="kestrel-34761",
    software="Kestrel",
    affected=".NET Core 2.2 and .NET 5 in the reports",
    condition="closed-without-response",
    matches=matches,
    source="https://github.com/dotnet/aspnetcore/issues/34761",
    remedies=(Remedy("Find the double close in the application; upgrade .NET."),),
    recognised_by='runtimeconfig.json; in its log "Handle is already used by another Socket"',
    certainty=1,
)
