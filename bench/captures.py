"""Captures: packets a second with every fact of a conversation, beside tshark and tcptrace on the same file.

And ten times as many packets once, with the peak of memory: `python -m bench.captures FILE` in a process of its own.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from bench.run import Row

ROOT = Path(__file__).parent.parent
CONVERSATIONS = 200_000
PACKETS_EACH = 10
MANY = 2_000_000
AT_ONCE = 50_000
"""Conversations that are open at the same time."""
SLICE = 20_000
"""Conversations that are generated at a time."""
HEADERS = 54
FAILED_EVERY = 100

# Who sends, flags, payload, and what each side has sent before.
_STEPS = (
    (0, 0x02, 0, 0, 0),
    (1, 0x12, 0, 0, 1),
    (0, 0x10, 0, 1, 1),
    (0, 0x18, 400, 1, 1),
    (1, 0x10, 0, 1, 401),
    (1, 0x18, 1200, 1, 401),
    (0, 0x10, 0, 401, 1201),
    (0, 0x11, 0, 401, 1201),
    (1, 0x11, 0, 1201, 402),
    (0, 0x10, 0, 402, 1202),
)

_PACKET = np.dtype(
    [
        ("seconds", "<u4"), ("micros", "<u4"), ("captured", "<u4"), ("wire", "<u4"),
        ("macs", "u1", 12), ("ethertype", ">u2"),
        ("version", "u1"), ("tos", "u1"), ("length", ">u2"), ("ip_id", ">u2"), ("fragment", ">u2"),
        ("ttl", "u1"), ("protocol", "u1"), ("ip_sum", ">u2"), ("source", ">u4"), ("destination", ">u4"),
        ("source_port", ">u2"), ("destination_port", ">u2"), ("seq", ">u4"), ("ack", ">u4"),
        ("offset", "u1"), ("flags", "u1"), ("window", ">u2"), ("tcp_sum", ">u2"), ("urgent", ">u2"),
    ]
)  # fmt: skip


def generate(path: Path, conversations: int = CONVERSATIONS) -> int:
    """A capture of interleaved conversations, headers only; answers with the number of its packets.

    Every hundredth is reset by its target before the answer. Packets lie in the order of time, with `AT_ONCE`
    conversations open at a time.
    """
    with path.open("wb") as file:
        file.write(b"\xd4\xc3\xb2\xa1\x02\0\x04\0" + bytes(8) + (65535).to_bytes(4, "little") + b"\x01\0\0\0")
        for packets in _in_order(conversations):
            packets.tofile(file)
    return conversations * PACKETS_EACH


def _in_order(conversations: int) -> Iterator[np.ndarray[Any, Any]]:
    """Step `j` of conversation `i` comes with step 0 of conversation `i + j * gap`."""
    gap = min(AT_ONCE, conversations) // PACKETS_EACH
    last = conversations + gap * PACKETS_EACH
    for begin in range(0, last, SLICE):
        at = np.arange(begin, min(begin + SLICE, last))
        index = at[:, None] - np.arange(PACKETS_EACH)[None, :] * gap
        times, steps = np.nonzero((index >= 0) & (index < conversations))
        yield _packets(at[times], index[times, steps], steps)


def _packets(at: np.ndarray[Any, Any], index: np.ndarray[Any, Any], step: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    sender, flags, payload, seq, ack = (np.array(column)[step] for column in zip(*_STEPS, strict=True))
    flags = np.where((index % FAILED_EVERY == 0) & (step == 5), 0x14, flags)
    payload = np.where(flags == 0x14, 0, payload)
    made = np.zeros(len(index), _PACKET)
    micros = at * 10 + step
    made["seconds"], made["micros"] = 1_700_000_000 + micros // 1_000_000, micros % 1_000_000
    made["captured"], made["wire"] = HEADERS, HEADERS + payload
    made["ethertype"], made["version"], made["ttl"], made["protocol"] = 0x0800, 0x45, 64, 6
    made["length"], made["ip_id"] = 40 + payload, index & 0xFFFF
    ends = 0x0A000000 + index // 50_000, np.full(len(index), 0x0A010000) + index % 16
    ports = 10_000 + index % 50_000, np.full(len(index), 8080)
    numbers = index * 7919 & 0x3FFFFFFF, index * 104729 & 0x3FFFFFFF
    for name, pair in (("source", ends), ("source_port", ports)):
        made[name] = np.where(sender == 0, pair[0], pair[1])
        made[name.replace("source", "destination")] = np.where(sender == 0, pair[1], pair[0])
    made["seq"] = np.where(sender == 0, numbers[0], numbers[1]) + seq
    made["ack"] = np.where(step == 0, 0, np.where(sender == 0, numbers[1], numbers[0]) + ack)
    made["offset"], made["flags"], made["window"] = 0x50, flags, 1000
    return made


def rows(folder: Path) -> list[Row]:
    from bench.run import WHY502, Row

    path = folder / "generated.pcap"
    packets = generate(path)
    read = _read(path)
    read()  # compiled, or loaded from the cache, before anything is measured
    peers = {"tshark": ("-n", "-q", "-r", str(path), "-z", "conv,tcp"), "tcptrace": ("-n", "-l", str(path))}
    theirs = {peer: _run(peer, *arguments) for peer, arguments in peers.items()}
    beside = [
        Row(f"capture of {packets:,} packets", read, peer, its, packets, "packets") for peer, its in theirs.items()
    ]
    command = _run(WHY502, "capture", str(path))
    assert command
    told = Row("`why502 capture` of it, start to end", command, "tshark", theirs["tshark"], packets, "packets")
    return [*beside, told, _many(folder / "many.pcap")]


def _many(path: Path) -> Row:
    """Once, and without a peer (tshark would take minutes); in a process of its own, whose start is counted, too."""
    from bench.run import Row

    packets = generate(path, MANY)
    told: list[str] = []

    def follow() -> None:
        command = [sys.executable, "-m", "bench.captures", str(path)]
        told.append(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip())

    what = f"capture of {packets:,} packets, one process"
    return Row(what, follow, "left out: minutes", None, packets, "packets", runs=1, note=lambda: told[-1])


def _read(path: Path) -> Callable[[], object]:
    from why502.cli import spare_the_processor

    spare_the_processor()  # as every command does

    def read() -> object:
        from why502.sources.captures import read_capture
        from why502.sources.interface import EvidenceFile

        return read_capture(EvidenceFile(str(path), lambda: path.open("rb")))

    return read


def _run(program: str, *arguments: str) -> Callable[[], object] | None:
    found = shutil.which(program)
    if found is None:
        return None
    quiet = subprocess.DEVNULL
    return lambda: subprocess.run([found, *arguments], stdout=quiet, stderr=quiet, check=False)


def main(path: Path) -> None:
    """Follow one capture, and tell the most memory that it took."""
    _read(path)()
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"(1 run; peak {peak_mib:.0f} MiB)")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
