"""Records with `tcpdump -i any` on a router: every packet twice, as it comes in and as it goes out.

    sudo python -m tests.sources.captures.recording_any tests/sources/captures/recorded_any/router.pcap

An exchange that is served, one that is reset before its answer, and one whose SYN the target's firewall drops once.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.sources.captures.detail.network import Network
from tests.sources.captures.detail.talking import (
    ANSWER,
    REQUEST,
    connect,
    connected,
    drained,
    listen,
    reset_before_answer,
)

if TYPE_CHECKING:
    import socket

DEADLINE_S = 60
SERVED, RESET, SYN_LOST = 8301, 8302, 8303


def serve(opener: socket.socket, target: socket.socket) -> None:
    opener.sendall(REQUEST)
    target.recv(65536)
    target.sendall(ANSWER)
    opener.recv(65536)
    opener.close()
    drained(target)
    target.close()


def main(path: Path) -> None:
    signal.alarm(DEADLINE_S)
    net = Network()
    command = ["tcpdump", "-i", "any", "-n", "-U", "--immediate-mode", "-s", "2000", "-w", "-", "tcp"]
    with path.open("wb") as file:
        tcpdump = net.router.call(lambda: subprocess.Popen(command, stdout=file, stderr=subprocess.PIPE))
        assert tcpdump.stderr is not None
        while b"listening on any" not in tcpdump.stderr.readline():
            assert tcpdump.poll() is None
        try:
            serve(*connected(net, SERVED))
            reset_before_answer(*connected(net, RESET))
            # The first SYN passes the router, where tcpdump sees it, and is lost at the target.
            rule = f"tcp dport {SYN_LOST} limit rate over 1/day burst 1 packets accept; tcp dport {SYN_LOST} drop;"
            net.target.nft(f"table inet once {{ chain c {{ type filter hook input priority 0; {rule} }}; }}")
            with listen(net, SYN_LOST) as listener:
                opener = connect(net.proxy, SYN_LOST)
                serve(opener, listener.accept()[0])
            time.sleep(1)  # tcpdump hands over what the kernel gathered; at SIGINT it would drop the rest
        finally:
            tcpdump.send_signal(signal.SIGINT)
            tcpdump.wait(10)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
