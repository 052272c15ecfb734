"""Routes of the calling thread's network namespace."""

from __future__ import annotations

import contextlib

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError


def make_unreachable(address: str) -> None:
    """As if nobody knew the way to this address."""
    with IPRoute() as routes:
        routes.route("add", dst=f"{address}/32", type="unreachable")


def make_reachable(address: str) -> None:
    """Undo `make_unreachable`, if it was done."""
    with IPRoute() as routes, contextlib.suppress(NetlinkError):
        routes.route("del", dst=f"{address}/32", type="unreachable")
