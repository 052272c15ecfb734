"""How the command line ends, whatever happens inside."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec
import pytest

from tests.cli.running import why502
from why502 import cli
from why502.cli.exits import EXIT_STATUSES
from why502.cli.signals import ENDS, end_in_order, stop_on_signals
from why502.errors import Exit, Interrupted, Why502Error

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_the_help_names_every_status() -> None:
    """The statuses are a contract: none may be missing from the text that scripts are written from."""
    assert [int(line.split()[0]) for line in EXIT_STATUSES.splitlines() if line.startswith("  ")] == [*Exit]


@pytest.mark.parametrize(
    ("raised", "status", "told"),
    [
        (Why502Error("no evidence", where="./logs"), 2, "why502: no evidence: ./logs"),
        (click.UsageError("No such option: --frob"), 2, "No such option: --frob"),
        (KeyboardInterrupt(), 130, "why502: interrupted"),
        (Interrupted(signal.SIGTERM), 143, "why502: interrupted"),
        (Interrupted(signal.SIGHUP), 129, "why502: interrupted"),
        (OSError(errno.ENOSPC, "No space left on device", "out.json"), 2, "No space left on device: out.json"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "why502: No space left on device"),
        (OSError(errno.EBADF, "Bad file descriptor"), 4, "this is a defect of why502"),
        (RuntimeError("boom"), 4, "this is a defect of why502"),
        (Why502Error("no", where="a\x1b]0;x\x07\u202e\nb"), 2, r"why502: no: a\x1b]0;x\x07\u202e\nb"),
        (OSError(errno.ENOSPC, "Full", "\x1b[2J"), 2, r"why502: Full: \x1b[2J"),
        (RuntimeError("\x1b[2J\u202e"), 4, r"RuntimeError: \x1b[2J\u202e"),
        (BrokenPipeError(), 141, ""),
    ],
)
def test_every_end_has_its_status(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], raised: BaseException, status: int, told: str
) -> None:
    """One clear sentence and the documented status; a traceback for our own defects only."""

    @click.command("schema")
    def command() -> None:
        raise raised

    monkeypatch.setattr(cli.LazyCommands, "get_command", lambda *_: command)
    with pytest.raises(SystemExit) as left:
        cli.main(["schema"])
    err = capfd.readouterr().err
    assert left.value.code == status
    assert err.replace("\n", "").isprintable()
    assert told in err
    assert ("Traceback" in err) is (status == Exit.DEFECT)


def test_a_reader_that_leaves_is_not_taken_for_a_finding() -> None:
    """`why502 schema | head -1` ends as the shell knows it, 128 + SIGPIPE, and says nothing."""
    with subprocess.Popen(
        [sys.executable, "-m", "why502", "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as run:
        assert run.stdout
        assert run.stderr
        run.stdout.close()
        told = run.stderr.read()
    assert (run.returncode, told) == (128 + signal.SIGPIPE, b"")


def test_the_schema_is_one_json_document() -> None:
    done = why502("schema")
    document = msgspec.json.decode(done.stdout)
    assert done.returncode == 0
    assert {"verdicts", "suspects", "next_steps"} <= set(document["$defs"]["Document"]["properties"])


@pytest.fixture
def handlers() -> Iterator[None]:
    """Those of before come back."""
    before = {one: signal.getsignal(one) for one in ENDS}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)


@pytest.mark.usefixtures("handlers")
@pytest.mark.parametrize("number", ENDS)
def test_a_signal_sets_the_stop_event_and_interrupts_nothing(number: signal.Signals) -> None:
    """What is under way ends in its own order, so that everything is cleaned up."""
    stop = stop_on_signals()
    assert not stop.is_set()
    signal.raise_signal(number)
    assert stop.is_set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_commands_remove_temporary_files_whatever_ends_them(tmp_path: Path, number: signal.Signals) -> None:
    """At once, wherever it stands."""
    code = (
        "from why502.cli.signals import end_in_order; from why502.scratch import Scratch; end_in_order();"
        "kept = Scratch(); print(kept.name, flush=True); import sys; sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as run:
        assert run.stdout
        assert Path(run.stdout.readline().strip()).parent == tmp_path
        run.send_signal(number)
        _, told = run.communicate(timeout=30)
    assert (run.returncode, told) == (128 + number, "why502: interrupted\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("handlers")
def test_nohup_is_respected() -> None:
    """What is ignored stays ignored, whatever the terminal does."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stop = stop_on_signals()
    end_in_order()
    signal.raise_signal(signal.SIGHUP)
    assert not stop.is_set()
