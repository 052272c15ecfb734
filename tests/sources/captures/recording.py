"""Records the captures of `recorded/`: real sockets, a real kernel, every way in which a conversation can end.

    sudo python -m tests.sources.captures.recording tests/sources/captures/recorded

Runs in a network namespace of its own, which lives in this process alone and vanishes with it. Proxy and target
talk over its loopback; nftables loses packets where a scenario needs that. Prints, as JSON, how the kernel's
counters grew during each scenario.
"""

from __future__ import annotations

import ctypes
import json
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from pyroute2 import IPRoute

from tests.sources.captures import scenarios
from tests.sources.captures.tapping import Tap

if TYPE_CHECKING:
    from collections.abc import Callable

CLONE_NEWNET = 0x40000000

COOKIE_ROUNDS = 40

DEADLINE_S = 60
"""The process ends by then, whatever hangs, and its namespace with it."""

TOGETHER: list[Callable[[int], None]] = [
    scenarios.answered,
    scenarios.answered_ipv6,
    scenarios.unused,
    scenarios.refused,
    scenarios.syn_unanswered,
    scenarios.syn_dropped_then_served,
    scenarios.final_ack_dropped_never_served,
    scenarios.final_ack_dropped_then_served,
    scenarios.closed_without_answer,
    scenarios.reset_after_request,
    scenarios.answer_cut,
    scenarios.reset_when_idle,
    scenarios.keepalive_race,
    scenarios.stale,
    scenarios.slow_target,
]
"""Each on a port of its own, all at once."""

ALONE: list[Callable[[int], None]] = [scenarios.reset_to_final_ack, scenarios.syn_cookie_reset]
"""Those that change a switch, or whose counters are read."""


def counters() -> dict[str, int]:
    lines = Path("/proc/self/net/netstat").read_text().splitlines()
    names, values = (line.split()[1:] for line in lines[:2])
    return dict(zip(names, map(int, values), strict=True))


def growth(scenario: Callable[[int], None], port: int) -> dict[str, int]:
    """Run a scenario; how the counters of this namespace grew."""
    before = counters()
    scenario(port)
    return {name: value - before[name] for name, value in counters().items() if value != before[name]}


def main(folder: Path) -> None:
    signal.alarm(DEADLINE_S)
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "no network namespace of our own")
    with IPRoute() as routes:
        routes.link("set", index=routes.link_lookup(ifname="lo")[0], state="up")
    tap = Tap()
    with ThreadPoolExecutor(len(TOGETHER)) as pool:
        done = [pool.submit(scenario, port) for port, scenario in enumerate(TOGETHER, start=8001)]
    time.sleep(0.05)
    for port, scenario in enumerate(TOGETHER, start=8001):
        done[port - 8001].result()
        tap.write(folder / f"{scenario.__name__}.pcap", {port}, 0)
    told = {}
    for index, scenario in enumerate(ALONE):
        for attempt in range(COOKIE_ROUNDS):
            since, port = len(tap.packets), 9000 + 100 * index + attempt
            told[scenario.__name__] = grown = growth(scenario, port)
            time.sleep(0.05)
            tap.write(folder / f"{scenario.__name__}.pcap", {port}, since)
            if scenario is not scenarios.syn_cookie_reset or grown.get("SyncookiesFailed"):
                break
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
