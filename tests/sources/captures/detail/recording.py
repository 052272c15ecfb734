"""Records the captures of `recorded/`: what only the payload, an ICMP error or a second capture can tell.

    sudo python -m tests.sources.captures.detail.recording tests/sources/captures/detail/recorded

Each scenario has a port of its own; captures of the target's end are named `..._at_target`, and their clock is
`TARGET_AHEAD_S` ahead.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sources.captures.detail import scenarios_http as http
from tests.sources.captures.detail import scenarios_path as path
from tests.sources.captures.detail import scenarios_tls as tls
from tests.sources.captures.detail.network import Network

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE_S = 60

TARGET_AHEAD_S = 2

TOGETHER: list[Callable[[Network, int], None]] = [
    http.whole,
    http.whole_chunked,
    http.whole_until_close,
    http.whole_head,
    http.whole_odd,
    http.whole_continued,
    http.whole_then_reset,
    http.truncated,
    http.truncated_chunked,
    http.malformed,
    http.malformed_header,
    http.zero_window,
    tls.tls_served,
    tls.tls12_served,
    tls.tls_certificate_refused,
    tls.tls12_certificate_refused,
    tls.tls_client_certificate_wanted,
    tls.tls_to_plain_port,
    tls.tls_closed,
    tls.plain_to_tls_port,
    http.http2_goaway,
    path.unreachable,
    path.both_served,
    path.both_syn_lost_once,
    path.both_never_arrived,
    path.both_request_lost,
    path.both_answer_lost,
    path.both_arrived_unanswered,
]

ALONE: list[Callable[[Network, int], None]] = [path.mtu_black_hole, path.large_with_icmp]
"""In this order: once the router has told the MTU, the proxy remembers it."""

KEPT_BYTES: dict[Callable[[Network, int], None], int] = {http.zero_window: 128}
"""Of each packet, where the payload does not matter."""


def main(folder: Path) -> None:
    signal.alarm(DEADLINE_S)
    net = Network()
    places = {scenario: port for port, scenario in enumerate([*TOGETHER, *ALONE], start=8101)}
    for scenario in ALONE:
        scenario(net, places[scenario])
    with ThreadPoolExecutor(len(TOGETHER)) as pool:
        done = [pool.submit(scenario, net, places[scenario]) for scenario in TOGETHER]
    for future in done:
        future.result()
    time.sleep(0.2)
    for scenario, port in places.items():
        name, snap_bytes = scenario.__name__, KEPT_BYTES.get(scenario, 1 << 16)
        net.at_proxy.write(folder / f"{name}.pcap", port, snap_bytes=snap_bytes)
        if name.startswith("both_"):
            net.at_target.write(folder / f"{name}_at_target.pcap", port, ahead_s=TARGET_AHEAD_S)
    assert threading.active_count() < 100


if __name__ == "__main__":
    main(Path(sys.argv[1]))
