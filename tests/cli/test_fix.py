from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import why502
from tests.cli.test_trace import WITHOUT_RIGHTS
from tests.isolation import isolated
from tests.serving import serving

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.kernel
def test_shown_changed_verified_and_undone(tmp_path: Path) -> None:
    """What a person sees, from the first sentence to the undo."""
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with isolated() as door, serving(door, 1) as service:
        done = why502("fix", "backlog", "--pid", str(service.pid), "--to", "1024", "--yes", "--prove", **state)
        undone = why502("fix", "backlog", "--undo", "--yes", **state)
        again = why502("fix", "backlog", "--undo", "--yes", **state)
    rows = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    assert done.returncode == 0
    assert rows["change"].strip().startswith("backlog 1 -> 1024")
    assert rows["done"].strip() == "backlog was 1, is 1024 (read back from the kernel)"
    assert {"listener", "process", "before", "after", "lasts", "permanent", "undo"} <= rows.keys()
    assert "5 answered" in rows["after"]
    assert (undone.returncode, undone.stdout.splitlines()[-1].split(":")[1].strip()) == (
        0,
        "backlog was 1024, is 1 (read back from the kernel)",
    )
    assert (again.returncode, "nothing to undo" in again.stderr) == (2, True)


@pytest.mark.kernel
def test_json_is_one_document(tmp_path: Path) -> None:
    """With the plan, the values before and after, and how to keep and to undo it."""
    with isolated() as door, serving(door, 1) as service:
        argv = ("fix", "backlog", "--pid", str(service.pid), "--to", "64", "--json")
        refused = why502(*argv, XDG_STATE_HOME=str(tmp_path))
        document = json.loads(why502(*argv, "--yes", XDG_STATE_HOME=str(tmp_path)).stdout)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (document["schema"], document["before"], document["after"]) == ("why502-fix/1", 1, 64)
    assert document["plan"]["process"]["pid"] == service.pid
    assert document["permanent"]


@pytest.mark.kernel
def test_where_nobody_can_be_asked_nothing_is_changed(tmp_path: Path) -> None:
    """What would be done is shown all the same."""
    with isolated() as door, serving(door, 1) as service:
        run = why502("fix", "backlog", "--pid", str(service.pid), "--to", "64", XDG_STATE_HOME=str(tmp_path))
    assert run.returncode == 2
    assert "change:     backlog 1 -> 64" in run.stdout
    assert "nobody can be asked; --yes" in run.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.kernel
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_what_is_interrupted_can_still_be_undone(tmp_path: Path, number: signal.Signals) -> None:
    """The journal is written before the change, so --undo finds whatever was made; if nothing was, it says so."""
    state = {"XDG_STATE_HOME": str(tmp_path)}
    with isolated() as door, serving(door, 1) as service:
        argv = [sys.executable, "-m", "why502", "fix", "backlog", "--pid", str(service.pid), "--to", "64", "--yes"]
        process = subprocess.Popen(
            [*argv, "--prove"], env={**os.environ, **state}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until_s = time.monotonic() + 20
        while not (tmp_path / "why502/journal.jsonl").exists() and time.monotonic() < until_s:
            time.sleep(0.005)
        process.send_signal(number)
        process.wait(20)
        undone = why502("fix", "backlog", "--undo", "--yes", **state)
        assert "is 1 (read back" in undone.stdout or "nothing to undo" in undone.stderr
        again = why502("fix", "backlog", "--pid", str(service.pid), "--to", "1", "--yes", **state)
        assert again.stderr.endswith("the backlog is 1 already\n")


@pytest.mark.kernel
def test_without_rights_it_is_refused(tmp_path: Path) -> None:
    """One sentence that says what is missing, status 2."""
    with isolated() as door, serving(door, 1) as service:
        argv = ("fix", "backlog", "--pid", str(service.pid), "--to", "64", "--yes")
        run = subprocess.run(
            [*WITHOUT_RIGHTS, sys.executable, "-m", "why502", *argv],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={**os.environ, "XDG_STATE_HOME": str(tmp_path)},
        )
    assert (run.returncode, run.stdout) == (2, "")
    assert "no such listener" in run.stderr
    assert "needs root" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "say which listener"),
        (("--port", "80"), "say which listener"),
        (("--to", "80"), "say which listener"),
        (("--undo", "--to", "80"), "--undo puts the old value back"),
        (("--port", "80", "--to", "0"), "0 is not in the range"),
        (("--port", "80", "--to", "65536"), "65536 is not in the range"),
    ],
)
def test_wrong_use_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """And status 2."""
    run = why502("fix", "backlog", *arguments)
    assert run.returncode == 2
    assert sentence in run.stderr
