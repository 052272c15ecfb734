from __future__ import annotations

import io
import signal
import subprocess
import sys
import tarfile
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
import zstandard

from tests.cli.running import why502
from why502.sources.bundle import READERS
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_recording_and_leaves_a_readable_bundle(tmp_path: Path, number: signal.Signals) -> None:
    """The operator stops it when the fault was seen."""
    out = tmp_path / "case.tar.zst"
    command = [
        sys.executable,
        "-m",
        "why502",
        "collect",
        "-o",
        str(out),
        "--duration",
        "10m",
        "--netns",
        "/proc/self/ns/net",
        "--no-events",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as run:
        assert run.stderr is not None
        assert run.stderr.readline() == "recording for 600 s; Ctrl-C ends it early\n"
        while not list(tmp_path.iterdir()):
            time.sleep(0.01)
        run.send_signal(number)
        stdout, stderr = run.communicate(timeout=30)
    assert (run.returncode, stdout) == (0, f"why502 diagnose {out}\n")
    assert all(line.startswith("not recorded: ") for line in stderr.splitlines()), stderr  # a machine may keep things
    assert _kinds(out) == {"host": 0, "manifest": 0}


def _kinds(out: Path) -> dict[str, int]:
    """Kind of each member -> records not understood."""
    with zstandard.open(out, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        contents = [body.read() for member in tar if (body := tar.extractfile(member))]
    readings = [
        max(READERS, key=lambda reader: reader.fit(content)).read(EvidenceFile("x", partial(io.BytesIO, content)))
        for content in contents
    ]
    return {reading.input.kind: reading.input.not_understood for reading in readings}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--duration", "soon"), "'soon' is no duration; write 30s, 5m or 1h"),
        (("--target", "10.0.0.7"), "no port in the target: 10.0.0.7; write it as ADDRESS:PORT"),
        (("--netns", "never-made"), "no network namespace: /run/netns/never-made: No such file or directory"),
    ],
)
def test_wrong_use_is_one_sentence(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    """Exit status 2, nothing written."""
    run = why502("collect", "-o", str(tmp_path / "case.tar.zst"), *arguments)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["case.tar.gz", "case.zip", "case.zst"])
def test_an_archive_of_another_form_does_not_become_a_folder(tmp_path: Path, name: str) -> None:
    """Nobody looks for a folder of that name, or can attach it."""
    run = why502("collect", "-o", str(tmp_path / name), "--duration", "1s")
    assert run.returncode == 2
    assert "name a file that ends in .tar.zst, or a folder" in run.stderr
    assert list(tmp_path.iterdir()) == []
