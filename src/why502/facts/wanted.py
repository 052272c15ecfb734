"""Which part of the requests somebody asked for: of a time, of a target."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from why502.model.traffic import micros

if TYPE_CHECKING:
    from why502.model.case import Window


class Wanted(NamedTuple):
    """What `--since`, `--until` and `--target` keep; None: everything.

    Requests belong to the time in which they ended; those without a time are kept.
    """

    from_us: int | None = None
    to_us: int | None = None
    target: str | None = None
    """'address:port', or the address alone."""

    @classmethod
    def of(cls, window: Window, target: str | None) -> Wanted:
        """The window's ends may be infinite."""
        from_us = micros(window.from_s) if isfinite(window.from_s) else None
        to_us = micros(window.to_s) if isfinite(window.to_s) else None
        return cls(from_us, to_us, target)

    @property
    def everything(self) -> bool:
        return self == EVERYTHING

    def ended(self, at_us: int | None) -> bool:
        """Whether a request that ended then is wanted."""
        if at_us is None:
            return True
        return (self.from_us is None or at_us >= self.from_us) and (self.to_us is None or at_us <= self.to_us)

    def to(self, address: str | None) -> bool:
        """Whether what went to that target is wanted.

        >>> [Wanted(target="10.0.0.7").to(each) for each in ("10.0.0.7:80", "10.0.0.7", "10.0.0.71:80", None)]
        [True, True, False, False]
        """
        return self.target is None or is_target(address, self.target)


EVERYTHING = Wanted()


def is_target(address: str | None, wanted: str) -> bool:
    """An address with its port, or any port of an address."""
    return address is not None and (address == wanted or address.rpartition(":")[0] == wanted)
