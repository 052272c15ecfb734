"""The ports that a network namespace takes for outgoing connections (/proc/sys/net/ipv4/ip_local_port_range)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

FILE: Final = Path("/proc/sys/net/ipv4/ip_local_port_range")


def parse(text: str) -> dict[str, int]:
    r"""Fields of `model.host.Namespace`; empty for what is no range.

    >>> parse("32768\t60999\n"), parse("")
    ({'ephemeral_first': 32768, 'ephemeral_last': 60999}, {})
    """
    numbers = text.split()
    if len(numbers) != 2 or not all(map(str.isdecimal, numbers)):
        return {}
    return {"ephemeral_first": int(numbers[0]), "ephemeral_last": int(numbers[1])}
