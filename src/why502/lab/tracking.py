"""Connection tracking of a host of the lab: whether this machine's kernel has it, and how full its table is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from why502.errors import Why502Error
from why502.lab.servers.tracked_flows import NETFILTER, read

if TYPE_CHECKING:
    from why502.lab.hosts import Host

MOST_ENTRIES: Final = 524_288
"""About 200 MB of the kernel's memory (an entry is 256 bytes, its extensions 128). The limit is `nf_conntrack_buckets`
by default, 262,144 at most; kube-proxy sets 131,072 for each core."""
LIMIT_S: Final = 200.0
"""A table is filled with a second of processor time; on a machine that is shared that can be a long while."""


def lacking() -> str | None:
    """Why no table can be filled on this machine, in words."""
    if not NETFILTER.joinpath("nf_conntrack_max").exists():
        return "the kernel tracks no connections (modprobe nf_conntrack)"
    limit = read("nf_conntrack_max")
    if not 0 < limit <= MOST_ENTRIES:
        return f"nf_conntrack_max is {limit}, and more than {MOST_ENTRIES} entries cost too much memory"
    return None


def until_taken(host: Host, from_share: float, to_share: float = 1.0) -> None:
    """Return once the table of the host has so many of its entries taken."""
    until_s = time.monotonic() + LIMIT_S
    while not from_share <= host.call(_share) <= to_share:
        if time.monotonic() > until_s:
            share = host.call(_share)
            raise Why502Error("the connection-tracking table did not fill or empty", why=f"{share:.0%} are taken")
        time.sleep(0.02)


def _share() -> float:
    return read("nf_conntrack_count") / read("nf_conntrack_max")
