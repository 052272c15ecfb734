"""How the command line ends, whatever happens inside."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys

import click
import msgspec
import pytest

from tests.cli.running import why502
from why502 import cli
from why502.cli.exits import EXIT_STATUSES
from why502.cli.signals import stop_on_signals
from why502.errors import Exit, Why502Error


def test_the_help_names_every_status() -> None:
    """The statuses are a contract: none may be missing from the text that scripts are written from."""
    assert [int(line.split()[0]) for line in EXIT_STATUSES.splitlines() if line.startswith("  ")] == [*Exit]


@pytest.mark.parametrize(
    ("raised", "status", "told"),
    [
        (Why502Error("no evidence", where="./logs"), 2, "why502: no evidence: ./logs"),
        (click.UsageError("No such option: --frob"), 2, "No such option: --frob"),
        (KeyboardInterrupt(), 130, "why502: interrupted"),
        (OSError(errno.ENOSPC, "No space left on device", "out.json"), 2, "No space left on device: out.json"),
        (OSError(errno.ENOSPC, "No space left on device"), 2, "why502: No space left on device"),
        (OSError(errno.EBADF, "Bad file descriptor"), 4, "this is a defect of why502"),
        (RuntimeError("boom"), 4, "this is a defect of why502"),
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_sets_the_stop_event_and_interrupts_nothing(number: signal.Signals) -> None:
    """What is under way ends in its own order, so that everything is cleaned up."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        stop = stop_on_signals()
        assert not stop.is_set()
        signal.raise_signal(number)
        assert stop.is_set()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
