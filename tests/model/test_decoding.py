"""Types that many threads decode to at once."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import why502

if TYPE_CHECKING:
    from collections.abc import Iterator

SRC = Path(why502.__file__).parent

AT_ONCE = """
import sys
from threading import Barrier, Thread

import msgspec

from why502.model.decoding import ready
from why502.model.host import HostRecord

sys.setswitchinterval(1e-6)
begin, decoded = Barrier(6), []
record = {"schema": "why502-host/1", "hostname": "", "kernel": "", "boot_s": None, "snapshots": []}

def decode():
    begin.wait()
    decoded.append(msgspec.convert(record, ready(HostRecord)))

threads = [Thread(target=decode) for _ in range(6)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(decoded) == 6
"""


@pytest.mark.parametrize("_time", range(5))
def test_threads_may_come_to_a_type_at_the_same_time(_time: int) -> None:
    """Each time in a new process, which dies in about half of the runs without it."""
    done = subprocess.run([sys.executable, "-c", AT_ONCE], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-1000:]


def _decodes() -> Iterator[tuple[str, ast.expr]]:
    """Where a type of ours is decoded to: its place, and what is given as the type."""
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                kinds = [keyword.value for keyword in node.keywords if keyword.arg == "type"]
                if node.func.attr == "convert" and "msgspec" in ast.unparse(node.func):
                    kinds += node.args[1:2]
                if node.func.attr in ("decode", "convert"):
                    yield from ((f"{path.relative_to(SRC)}:{node.lineno}", kind) for kind in kinds)


def test_every_type_is_made_ready() -> None:
    """But for those of Python's own."""
    found = [(place, ast.unparse(kind)) for place, kind in _decodes()]
    assert len(found) > 15
    assert [(place, kind) for place, kind in found if not kind.startswith(("ready(", "dict[", "tuple["))] == []
