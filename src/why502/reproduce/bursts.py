"""Bursts: connections whose SYNs leave within some hundred microseconds."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from why502.model.probe import Burst
from why502.reproduce.connection import Connection

if TYPE_CHECKING:
    from why502.reproduce.request import Manners
    from why502.reproduce.target import Target


async def burst(target: Target, manners: Manners, size: int) -> Burst:
    """Open so many connections at once, and follow each to its end."""
    at_s, epoch_s = time.time(), time.monotonic()
    connections: list[Connection] = []
    try:
        connections += [Connection(target, manners, epoch_s) for _ in range(size)]
        for connection in connections:
            connection.begin()
        attempts = await asyncio.gather(*(connection.follow() for connection in connections))
    finally:
        for connection in connections:
            connection.sock.close()
    return Burst(at_s, tuple(attempts))


async def alone(target: Target, manners: Manners, count: int) -> Burst:
    """The same, one after the other; without a request, that the SYN is answered is proof enough."""
    brief = replace(manners, proof_s=0.05)
    ones = [await burst(target, brief, 1) for _ in range(count)]
    return Burst(ones[0].at_s, tuple(attempt for one in ones for attempt in one.attempts))
