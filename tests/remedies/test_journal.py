from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.errors import Why502Error
from why502.model.fixing import JOURNAL_SCHEMA, JournalEntry
from why502.remedies.journal import Journal, boot_id, default_path

ENTRY = JournalEntry(
    schema=JOURNAL_SCHEMA,
    id="a1",
    at_s=1.0,
    state="planned",
    address="127.0.0.1:8080",
    netns=1,
    inode=2,
    pid=3,
    process="java",
    start_ticks=4,
    boot_id=boot_id() if Path("/proc/sys/kernel/random/boot_id").exists() else "",
    before=1,
    asked=1024,
    after=None,
    undo="why502 fix backlog --undo --socket 2",
)


def _changed(**fields: object) -> JournalEntry:
    return msgspec.structs.replace(ENTRY, **fields)


def test_a_change_is_open_until_it_is_undone(tmp_path: Path) -> None:
    """Planned counts: we may have been killed right after the change."""
    journal = Journal(tmp_path / "state/journal.jsonl")
    assert journal.open_changes() == []
    journal.append(ENTRY)
    assert journal.open_changes() == [ENTRY]
    journal.append(_changed(state="done", after=1024))
    journal.append(_changed(id="b2", state="done", after=9))
    assert [entry.id for entry in journal.open_changes()] == ["a1", "b2"]
    journal.append(_changed(state="undone"))
    assert [entry.id for entry in journal.open_changes()] == ["b2"]


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """It tells what was changed where."""
    journal = Journal(tmp_path / "state/journal.jsonl")
    journal.append(ENTRY)
    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert journal.path.parent.stat().st_mode & 0o777 == 0o700


def test_changes_of_an_earlier_boot_are_gone(tmp_path: Path) -> None:
    """With the sockets that had them."""
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(_changed(boot_id="another", state="done"))
    assert journal.open_changes() == []


@given(st.binary(max_size=200))
def test_a_damaged_journal_still_tells_the_rest(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    """Lines cut by a crash, or of a later version."""
    path = tmp_path_factory.mktemp("state") / "journal.jsonl"
    path.write_bytes(garbage + b"\n")
    journal = Journal(path)
    journal.append(ENTRY)
    assert journal.open_changes() == [ENTRY]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Root does not write where somebody else points."""
    (tmp_path / "precious").write_text("x")
    (tmp_path / "journal.jsonl").symlink_to(tmp_path / "precious")
    with pytest.raises(Why502Error, match="cannot write the journal"):
        Journal(tmp_path / "journal.jsonl").append(ENTRY)
    assert (tmp_path / "precious").read_text() == "x"


def test_its_place_follows_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """XDG_STATE_HOME if it is set, else the system's for root and the user's own for others."""
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert default_path() == Path("/state/why502/journal.jsonl")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert default_path() == Path("/var/lib/why502/journal.jsonl")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert default_path() == Path.home() / ".local/state/why502/journal.jsonl"
