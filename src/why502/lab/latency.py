"""The latency of a real network on a veth pair.

A bare veth hands a packet over within microseconds, mostly inside the sender's own system call: then handshakes
never overlap, however many connections are opened at once, and half of what an overflow does cannot happen. So its
receiving ends are told to moderate their interrupts, as network cards do: after a packet they look for the next
ones only every `MODERATION_NS` (`napi_defer_hard_irqs` and `gro_flush_timeout`, Documentation/networking/napi.rst,
Linux 5.8+). veth receives by NAPI only with GRO on and the sender's TSO off (`veth_skb_is_eligible_for_gro`).
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

MODERATION_NS = 2_000_000
"""A round trip takes one to two of these: the way between two availability zones."""
DEFERRALS = 100
"""Empty looks before the next packet interrupts at once again: 0.2 s."""

SIOCETHTOOL = 0x8946
ETHTOOL_STSO = 0x1F
ETHTOOL_SGRO = 0x2C
CLONE_NEWNS = 0x00020000
MS_REC_PRIVATE = 0x4000 | 0x40000


def moderate(interface: str) -> None:
    """Moderate the interrupts of an interface of the calling thread's network namespace.

    The thread gets a mount namespace of its own and must end soon after: sysfs shows the interfaces of the network
    namespace in which it was mounted.
    """
    _ethtool(interface, ETHTOOL_STSO, 0)
    _ethtool(interface, ETHTOOL_SGRO, 1)
    libc = ctypes.CDLL(None, use_errno=True)
    _check(libc.unshare(CLONE_NEWNS))
    _check(libc.mount(b"none", b"/", None, MS_REC_PRIVATE, None))
    _check(libc.mount(b"why502-lab", b"/sys", b"sysfs", 0, None))
    settings = Path("/sys/class/net") / interface
    (settings / "gro_flush_timeout").write_text(str(MODERATION_NS))
    (settings / "napi_defer_hard_irqs").write_text(str(DEFERRALS))


def _ethtool(interface: str, command: int, value: int) -> None:
    """`struct ifreq` with a pointer to `struct ethtool_value` (<linux/ethtool.h>)."""
    wanted = ctypes.create_string_buffer(struct.pack("=II", command, value))
    request = struct.pack("16sP16x", interface.encode(), ctypes.addressof(wanted))
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), "mount namespace")
