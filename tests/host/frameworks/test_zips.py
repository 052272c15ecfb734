from __future__ import annotations

import os
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.host.frameworks import zips
from why502.host.frameworks.zips import directory

if TYPE_CHECKING:
    from pathlib import Path

POM = "META-INF/maven/io.dropwizard/dropwizard-jetty/pom.properties"


def _jar(path: Path, *, before: bytes = b"", method: int = zipfile.ZIP_DEFLATED, comment: bytes = b"") -> Path:
    path.write_bytes(before)
    with zipfile.ZipFile(path, "a" if before else "w", method) as jar:
        for number in range(50):
            jar.writestr(f"a/{number}.class", b"x" * number)
        jar.writestr(POM, b"version=1.3.5\ngroupId=io.dropwizard\n")
        jar.comment = comment
    return path


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
@pytest.mark.parametrize("before", [b"", b"#!/bin/sh\nexec java -jar $0\n"])
def test_a_member_is_found_and_read(tmp_path: Path, method: int, before: bytes) -> None:
    """Packed or not, with a script before the archive, with a comment after it."""
    path = _jar(tmp_path / "a.jar", before=before, method=method, comment=b"PK\5\6 is not here")
    with path.open("rb") as file:
        found = directory(file.fileno())
        assert found is not None
        ((place, name),) = found.names(b"/dropwizard-jetty/pom.properties")
        assert name == POM
        assert found.read(place).startswith(b"version=1.3.5")


def test_archives_that_count_beyond_16_and_32_bits(tmp_path: Path) -> None:
    """ZIP64, as applications with more than 65,535 members have it; Python's own reader agrees."""
    path = _jar(tmp_path / "large.jar")
    content = path.read_bytes()
    end = content.rfind(b"PK\5\6")
    *_, members, size, offset, _ = struct.unpack("<4s4H2IH", content[end:])
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, members, members, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, end, 1)
    unknown = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    path.write_bytes(content[:end] + record + locator + unknown)
    with zipfile.ZipFile(path) as jar:
        expected = jar.read(POM)
    with path.open("rb") as file:
        found = directory(file.fileno())
        assert found is not None
        ((place, _),) = found.names(b"pom.properties")
        assert found.read(place) == expected


def test_a_bomb_is_not_unpacked_beyond_the_limit(tmp_path: Path) -> None:
    """A member that says little and unpacks to gigabytes."""
    path = tmp_path / "bomb.jar"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as jar:
        jar.writestr(POM, b"0" * (10 << 20))
    with path.open("rb") as file:
        found = directory(file.fileno())
        assert found is not None
        assert len(found.read(next(found.names(b"pom"))[0])) <= zips.MAX_MEMBER_BYTES


def test_a_directory_that_claims_to_be_huge_is_refused(tmp_path: Path) -> None:
    """Nothing is allocated on a stranger's word."""
    path = tmp_path / "liar.jar"
    path.write_bytes(struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, 0xFFFFFFF0, 0, 0))
    with path.open("rb") as file:
        assert directory(file.fileno()) is None


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_broken_archives_raise_nothing(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Bytes changed anywhere, cut anywhere."""
    path = tmp_path_factory.getbasetemp() / f"broken-{os.getpid()}.jar"
    content = bytearray(_jar(path).read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=8)):
        content[at] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with path.open("rb") as file:
        if found := directory(file.fileno()):
            for place, _ in found.names(b"pom"):
                found.read(place)
