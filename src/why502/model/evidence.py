"""Where a fact stands, and what it says about a suspect."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Source(StrEnum):
    """The kinds of evidence there are. A suspect names what it lacks in these words."""

    ACCESS_LOG = "access-log"
    ERROR_LOG = "error-log"
    CAPTURE = "capture"
    HOST = "host"
    METRICS = "metrics"
    CHANGES = "changes"
    EVENTS = "events"
    CONFIGURATION = "configuration"


class Place(Struct, frozen=True):
    """Enough to find the raw line, packet or sample again.

    >>> str(Place("access.log", 18)), str(Place("capture.pcap", 1042, mark="#"))
    ('access.log:18', 'capture.pcap#1042')
    """

    path: str
    number: int | None = None
    """Line number or packet number, counted from 1."""
    mark: str = ":"
    """':' before a line number, '#' before a packet number (Wireshark's frame.number) or sample name."""
    name: str = ""
    """Name of a sample within the file, e.g. a metric's label or a listener's address."""

    def __str__(self) -> str:
        return self.path + "".join(f"{self.mark}{part}" for part in (self.name, self.number) if part not in ("", None))


class Says(StrEnum):
    """Direction of a piece of evidence."""

    FOR = "for"
    AGAINST = "against"


class Evidence(Struct, frozen=True):
    """One observation, weighed for one suspect.

    `bits` is log2 of how much likelier the observation is if the suspect did it than if it did not; positive
    speaks for it, negative against it.
    """

    bits: float
    text: str
    """One sentence that a tired person understands, with the number that was seen."""
    source: Source
    at: Place

    @property
    def says(self) -> Says:
        return Says.FOR if self.bits >= 0 else Says.AGAINST
