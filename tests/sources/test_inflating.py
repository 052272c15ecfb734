from __future__ import annotations

import bz2
import gzip
import lzma
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from why502.sources import inflating
from why502.sources.inflating import open_inflated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXT = b"".join(b"line %d of a log that is long enough for several blocks\n" % number for number in range(20_000))

COMPRESS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstandard.compress,
}


def inflated(path: Path) -> tuple[bytes, list[str]]:
    notes: list[str] = []
    with open_inflated(path, notes.append) as stream:
        return stream.read(), notes


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS)
def test_what_was_compressed_comes_back(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """Recognised by the first bytes: the name says nothing."""
    path = tmp_path / "access.log"
    path.write_bytes(compress(TEXT))
    assert inflated(path) == (TEXT, [])


@pytest.mark.parametrize("compress", COMPRESS.values(), ids=COMPRESS)
def test_members_one_after_the_other_are_one_content(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """As `cat a.gz b.gz` and log shippers write them."""
    path = tmp_path / "log"
    path.write_bytes(compress(TEXT) + compress(b"") + compress(b"last\n"))
    assert inflated(path) == (TEXT + b"last\n", [])


@pytest.mark.parametrize("name", ["gzip", "bzip2", "xz"])
def test_a_cut_file_gives_what_it_has_and_says_so(tmp_path: Path, name: str) -> None:
    """Everything before the cut is there; the cut is noted, not raised."""
    path = tmp_path / "log"
    whole = COMPRESS[name](TEXT) + COMPRESS[name](TEXT)
    path.write_bytes(whole[:-30])
    content, notes = inflated(path)
    assert (content[: len(TEXT)] == TEXT, (TEXT + TEXT).startswith(content)) == (True, True)
    assert notes == ["it is cut short"]


def test_a_cut_zstd_file_gives_what_it_has(tmp_path: Path) -> None:
    """Its library ends such a stream without a word."""
    path = tmp_path / "log"
    path.write_bytes((zstandard.compress(TEXT) + zstandard.compress(TEXT))[:-30])
    content, _ = inflated(path)
    assert content.startswith(TEXT)


def test_padding_is_nothing_and_garbage_is_noted(tmp_path: Path) -> None:
    """Zeros behind a gzip member are padding of the medium."""
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(TEXT) + b"\0" * 1000)
    assert inflated(path) == (TEXT, [])
    path.write_bytes(gzip.compress(TEXT) + b"garbage")
    assert inflated(path) == (TEXT, ["bytes that are not compressed follow the compressed ones"])


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that inflates without end is read up to a limit, and that is noted."""
    monkeypatch.setattr(inflating, "RATIO_FREE_BYTES", 1 << 20)
    path = tmp_path / "log"
    path.write_bytes(gzip.compress(b"\0" * (64 << 20)))
    content, notes = inflated(path)
    assert len(content) < 64 << 20
    assert notes == ["it inflates more than 500-fold; the rest was not read"]


def test_plain_content_is_the_file_itself(tmp_path: Path) -> None:
    """No layer lies between a plain file and its reader."""
    path = tmp_path / "log"
    path.write_bytes(TEXT)
    with open_inflated(path, print) as stream:
        assert stream.fileno() > 0
        assert stream.read() == TEXT


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(sorted(COMPRESS)), at=st.integers(0, 200), junk=st.binary(max_size=200))
def test_damaged_files_never_raise(tmp_path: Path, name: str, at: int, junk: bytes) -> None:
    """Whatever stands behind a true beginning."""
    path = tmp_path / "log"
    path.write_bytes(COMPRESS[name](b"some text\n" * 50)[:at] + junk)
    content, notes = inflated(path)
    assert isinstance(content, bytes)
    assert len(notes) <= 1
