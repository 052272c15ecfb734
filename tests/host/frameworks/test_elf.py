from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from why502.host.frameworks.elf import HEADER, PIECE_BYTES, binary

if TYPE_CHECKING:
    import pytest


def test_sections_of_a_real_binary_are_found() -> None:
    """The interpreter that runs this test."""
    with Path(sys.executable).resolve().open("rb") as file:
        found = binary(file.fileno())
        assert found is not None
        assert ".rodata" in found.sections
        assert found.section(".interp", 100).startswith(b"/lib")


def test_strings_across_two_pieces_are_found(tmp_path: Path) -> None:
    """Read piece by piece, and nothing is lost between them."""
    path = tmp_path / "server"
    content = bytearray(b"\x7fELF".ljust(HEADER.size, b"\0") + bytes(2 * PIECE_BYTES))
    for at in (PIECE_BYTES - 5, 2 * PIECE_BYTES - 3):
        content[at : at + 12] = b"nginx/1.22.1" if at < PIECE_BYTES else b"other/9.99.9"
    path.write_bytes(content)
    with path.open("rb") as file:
        found = binary(file.fileno())
        assert found is not None
        match = found.search({b"nginx/": re.compile(rb"nginx/(\d+\.\d+\.\d+)")})
        other = found.search({b"other/": re.compile(rb"other/(\d+\.\d+\.\d+)")})
    assert match is not None
    assert other is not None
    assert (match[1], other[1]) == (b"1.22.1", b"9.99.9")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_behind_the_magic_raise_nothing(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Tables that point anywhere."""
    path = tmp_path_factory.getbasetemp() / "any-elf"
    path.write_bytes(b"\x7fELF\2\1" + content)
    with path.open("rb") as file:
        if found := binary(file.fileno()):
            found.section(".rodata", 100)
            found.search({b"x": re.compile(rb"x")})
