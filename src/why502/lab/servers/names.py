"""A name server that knows one name: its own address. It forgets it on SIGUSR1 and knows it again on SIGUSR2.

    python -m why502.lab.servers.names ADDRESS

It answers on UDP port 53 (RFC 1035): an A record with a TTL of one second, or NXDOMAIN.
"""

from __future__ import annotations

import signal
import socket
import struct
import sys

PORT = 53
NXDOMAIN = 3
HEADER_BYTES = 12


def answer(query: bytes, address: str, *, knows: bool) -> bytes:
    """The answer to a query with one question; QR, RD and RA set."""
    question = query[HEADER_BYTES:].split(b"\0", 1)[0] + b"\0" + query[HEADER_BYTES:].split(b"\0", 1)[1][:4]
    flags = 0x8180 | (0 if knows else NXDOMAIN)
    head = query[:2] + struct.pack(">HHHHH", flags, 1, int(knows), 0, 0)
    record = struct.pack(">HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(address)
    return head + question + (record if knows else b"")


def main() -> None:
    address = sys.argv[1]
    knows = True

    def learn(number: int, _frame: object) -> None:
        nonlocal knows
        knows = number == signal.SIGUSR2

    signal.signal(signal.SIGUSR1, learn)
    signal.signal(signal.SIGUSR2, learn)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((address, PORT))
        while True:
            query, asker = server.recvfrom(512)
            if len(query) > HEADER_BYTES and b"\0" in query[HEADER_BYTES:]:
                server.sendto(answer(query, address, knows=knows), asker)


if __name__ == "__main__":
    main()
