"""Captures of conversations whose ports are used again, and whose packets come late, again, or not at all."""

from __future__ import annotations

from random import Random

from tests.sources.captures.making import ACK, FIN, PSH, RST, SYN, Talk, packet, pcap

VARIANTS = 8


def late_captures() -> list[bytes]:
    """The same at every call; each a few conversations of the same two ends, one after the other."""
    return [pcap(sorted(_packets(Random(variant)), key=lambda one: one[0])) for variant in range(VARIANTS)]


def _packets(random: Random) -> list[tuple[float, bytes]]:
    packets: list[tuple[float, bytes]] = []
    at_s = 0.0
    for _ in range(4):
        talk = _served(random, at_s)
        own, its, over_s = talk.seq[True], talk.seq[False], talk.packets[-1][0]
        late = (
            (True, own - 1, its, FIN | ACK, 0),
            (False, its - 1, own, FIN | ACK, 0),
            (False, its, 0, RST, 0),
            (True, own, its, ACK, 0),
            (True, own - 101, its, PSH | ACK, 100),
            (False, its - 201, own, PSH | ACK, 200),
            (True, own - 102, 0, SYN, 0),
            (False, its - 202, own - 101, SYN | ACK, 0),
        )
        for number, one in enumerate(random.sample(late, random.randint(0, 4))):
            talk.packets.append((over_s + random.choice((0.001, 0.4, 1.5, 4.0)), packet(*one, 900 + number)))
        packets += talk.packets[random.choice((0, 0, 0, 1, 3)) :]
        at_s = over_s + random.choice((0.01, 0.6, 3.0, 6.0))
    return packets


def _served(random: Random, at_s: float) -> Talk:
    talk = Talk(random.randrange(1, 1 << 32), random.randrange(1, 1 << 32)).handshake(at_s).exchange(at_s + 0.01)
    first = random.random() < 0.5
    talk.send(at_s + 0.02, first, FIN | ACK)
    talk.send(at_s + 0.021, not first, FIN | ACK)
    talk.send(at_s + 0.022, first)
    return talk
