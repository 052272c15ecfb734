"""What the kernel knows about one of our connections (getsockopt TCP_INFO, include/uapi/linux/tcp.h)."""

from __future__ import annotations

import socket
import struct
from typing import Final, NamedTuple

RTT: Final = struct.Struct("=I")
RTT_AT: Final = 68
TOTAL_RETRANS_AT: Final = 100
BYTES_ACKED_AT: Final = 120
SEGS_IN_AT: Final = 140
DATA_SEGS_IN_AT: Final = 152
ESTABLISHED: Final = 1
"""TCP_ESTABLISHED (include/net/tcp_states.h)"""
SIZE: Final = 160
"""As of Linux 4.2; a kernel that answers less leaves the rest 0."""


class TcpInfo(NamedTuple):
    """The fields that tell what became of a handshake."""

    state: int
    total_retrans: int
    """`tcpi_total_retrans`: segments sent again, SYNs included."""
    bytes_acked: int
    """`tcpi_bytes_acked` (RFC 4898 tcpEStatsAppHCThruOctetsAcked); the SYN counts as one."""
    segs_in: int
    """`tcpi_segs_in`"""
    data_segs_in: int
    rtt_s: float

    @property
    def handshake_repeated(self) -> bool:
        """Before we send anything, a second segment can only be the SYN-ACK again: the target still waits for us."""
        return self.state == ESTABLISHED and self.segs_in > 1 and not self.data_segs_in


def read(connection: socket.socket) -> TcpInfo:
    """As of now; also answers for a connection that has failed."""
    raw = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, SIZE).ljust(SIZE, b"\0")
    return TcpInfo(
        state=raw[0],
        total_retrans=struct.unpack_from("=I", raw, TOTAL_RETRANS_AT)[0],
        bytes_acked=struct.unpack_from("=Q", raw, BYTES_ACKED_AT)[0],
        segs_in=struct.unpack_from("=I", raw, SEGS_IN_AT)[0],
        data_segs_in=struct.unpack_from("=I", raw, DATA_SEGS_IN_AT)[0],
        rtt_s=RTT.unpack_from(raw, RTT_AT)[0] / 1e6,
    )
