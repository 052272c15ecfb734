"""The second look at failed conversations: what it adds to the first, and beside tshark on the same question."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

from bench.captures import generate
from bench.run import Row
from why502.sources.captures import read_capture
from why502.sources.captures.following import follow
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from pathlib import Path


def rows(folder: Path) -> list[Row]:
    path = folder / "detail.pcap"
    packets = generate(path)
    file = EvidenceFile(str(path), lambda: io.BufferedReader(path.open("rb", buffering=0)))
    asked = ("tshark", "-n", "-r", str(path), "-Y", "tcp.flags.reset == 1", "-T", "fields", "-e", "tcp.stream")
    quiet = subprocess.DEVNULL
    told = (lambda: subprocess.run(asked, stdout=quiet, stderr=quiet, check=True)) if shutil.which("tshark") else None
    return [
        Row(
            "capture, both looks",
            lambda: read_capture(file),
            "first look alone",
            lambda: follow([file]),
            packets,
            "packet",
        ),
        Row(
            "capture, both looks, failed named", lambda: read_capture(file), "tshark -Y reset", told, packets, "packet"
        ),
    ]
