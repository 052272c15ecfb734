from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import pytest

from why502.cli import output
from why502.errors import Why502Error

if TYPE_CHECKING:
    from pathlib import Path


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_pipe_is_not_wrapped_unless_columns_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """`| less` and `| grep` want whole lines; a terminal wants readable ones."""
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert output.width() is None
    monkeypatch.setenv("COLUMNS", "72")
    assert output.width() == 72
    monkeypatch.setenv("COLUMNS", "400")
    assert output.width() == output.WIDEST_COLUMNS


@pytest.mark.parametrize(
    ("variable", "value", "wanted"), [("NO_COLOR", "1", False), ("TERM", "dumb", False), ("TERM", "xterm", True)]
)
def test_color_is_for_terminals_that_want_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, wanted: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert not output.color()
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert output.color() is wanted


def test_what_an_encoding_cannot_write_is_spelled_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A plot's block characters on a terminal of 7 bits are no defect."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    output.show("502 \u2584\u2586")
    assert raw.getvalue() == b"502 \\u2584\\u2586\n"


def test_a_report_is_written_once_and_never_over_another_unasked(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    output.require_writable(page, force=False)
    output.write(page, "first", force=False)
    with pytest.raises(Why502Error, match="it exists; --force overwrites it"):
        output.require_writable(page, force=False)
    with pytest.raises(Why502Error, match="cannot write"):  # somebody made it meanwhile
        output.write(page, "second", force=False)
    assert page.read_text() == "first"
    output.write(page, "second", force=True)
    assert page.read_text() == "second"


def test_a_place_where_nothing_can_be_written_is_known_before_the_work(tmp_path: Path) -> None:
    with pytest.raises(Why502Error, match="it is a folder"):
        output.require_writable(tmp_path, force=False)
    with pytest.raises(Why502Error, match="its folder does not exist"):
        output.require_writable(tmp_path / "no" / "report.html", force=True)


def test_progress_is_for_somebody_who_sits_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on stderr in a pipe; on a terminal the file's name, its control characters made visible."""
    quiet, seen = io.StringIO(), Terminal()
    monkeypatch.setattr(sys, "stderr", quiet)
    with output.progress() as tell:
        tell("access.log")
    assert quiet.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", seen)
    monkeypatch.setenv("TERM", "xterm")
    with output.progress() as tell:
        tell("access\x1b]0;owned\x07.log")
    assert "\x1b]0;" not in seen.getvalue()
