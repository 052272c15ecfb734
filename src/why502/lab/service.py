"""The service that most scenarios start: `why502.lab.servers.api` with its options."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from why502.lab.target import TargetSetup

if TYPE_CHECKING:
    from why502.lab.limits import Limits

SERVER = "why502.lab.servers.api"


def service(*options: str, certificate_for: str | None = None, companions: tuple[str, ...] = (),
            starts: bool = True, speaks_tls: bool = True, limits: Limits | None = None) -> TargetSetup:  # fmt: skip
    """The service with these options, which do not depend on the time scale."""
    return TargetSetup(
        SERVER,
        partial(_same, options),
        certificate_for=certificate_for,
        companions=companions,
        starts=starts,
        speaks_tls=speaks_tls,
        limits=limits,
    )


def misbehaving(kind: str, share: float, *options: str) -> TargetSetup:
    """The service that meets a share of the requests with a misbehaviour."""
    return service("--misbehaviour", kind, "--share", f"{share:g}", *options)


def _same(options: tuple[str, ...], _time_scale: float) -> tuple[str, ...]:
    return options
