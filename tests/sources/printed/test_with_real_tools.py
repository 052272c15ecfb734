"""The tools themselves, run in a namespace whose queue overflows."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.isolation import connecting, isolated, listening
from why502.diagnosis import diagnose
from why502.host.namespaces import inside

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.kernel,
    pytest.mark.skipif(not shutil.which("ss"), reason="needs ss and nstat (Debian package iproute2)"),
]


def save(door: Path, folder: Path, when: str) -> None:
    """As one would: `ss -ltn > ss-before.txt; nstat -asz > nstat-before.txt`."""
    for tool, options in (("ss", "-ltn"), ("nstat", "-asz")):
        told = inside(door, partial(subprocess.check_output, [tool, options], text=True))
        (folder / f"{tool}-{when}.txt").write_text(told)


def test_a_full_queue_is_named_from_what_ss_and_nstat_printed(tmp_path: Path) -> None:
    """Nothing else is given: the drops are counted, the queue is seen full, the backlog is told."""
    with isolated() as door, listening(door, 1) as listener:
        save(door, tmp_path, "before")
        with connecting(door, listener, 8):
            save(door, tmp_path, "after")
    document = diagnose([str(tmp_path)]).document
    (verdict,) = document.verdicts
    assert verdict.cause == "accept-queue-overflow"
    assert [because.condition for because in verdict.because] == ["backlog-too-small"]
    assert all(line.not_understood == 0 for line in document.inputs)


def test_a_queue_that_held_convicts_nobody(tmp_path: Path) -> None:
    """The same, with room for all."""
    with isolated() as door, listening(door, 64) as listener:
        save(door, tmp_path, "before")
        with connecting(door, listener, 8):
            save(door, tmp_path, "after")
    assert diagnose([str(tmp_path)]).document.verdicts == ()
