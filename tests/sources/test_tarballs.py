from __future__ import annotations

import io
import tarfile

from hypothesis import given, settings
from hypothesis import strategies as st

from why502.sources.tarballs import MAX_NAME_HEADER_BYTES, is_tar, members

FILES = {"host.json": b"{}", "logs/" + "x" * 150 + ".log": b"a line\n" * 1000, "empty": b"", "ü.txt": b"1"}


def tarball(files: dict[str, bytes], style: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=style) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def read(archive: bytes) -> tuple[dict[str, bytes], list[str]]:
    notes: list[str] = []
    files = {name: body.read(1 << 20) for name, body in members(io.BytesIO(archive), notes.append)}
    return files, notes


def test_regular_files_come_with_their_names() -> None:
    """Long names included, in either way that tar writes them."""
    for style in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert read(tarball(FILES, style)) == (FILES, [])
        assert is_tar(tarball(FILES, style))


def test_members_that_nobody_reads_are_skipped() -> None:
    """The next header is found wherever the reader stopped."""
    assert [name for name, _ in members(io.BytesIO(tarball(FILES)), print)] == list(FILES)


def test_links_devices_and_folders_are_no_files() -> None:
    """Nothing but regular content comes out."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("odd")
            info.type, info.linkname = kind, "/etc/passwd"
            archive.addfile(info)
    assert read(out.getvalue()) == ({}, [])


def test_an_extended_header_cannot_claim_memory() -> None:
    """A name of a gigabyte is read up to a limit, whatever its header says."""

    class Endless(io.RawIOBase):
        largest = 0
        sent = False

        def read(self, size: int = -1, /) -> bytes:
            self.largest = max(self.largest, size)
            if self.sent:
                return b""
            self.sent = size == 512
            info = tarfile.TarInfo("x")
            info.type, info.size = tarfile.GNUTYPE_LONGNAME, 1 << 30
            return info.tobuf(tarfile.GNU_FORMAT)

    stream = Endless()
    assert list(members(stream, print)) == []  # type: ignore[arg-type]
    assert stream.largest <= max(MAX_NAME_HEADER_BYTES, 1 << 17)


def test_a_cut_archive_gives_what_it_has() -> None:
    """The member that is cut says so itself."""
    archive = tarball({"a": b"1" * 600, "b": b"2" * 5000})
    bodies = {
        name: (body.read(1 << 20), body.read(1), body.cut) for name, body in members(io.BytesIO(archive[:3000]), print)
    }
    assert bodies == {"a": (b"1" * 600, b"", False), "b": (b"2" * (3000 - 2048), b"", True)}


@settings(max_examples=100, deadline=None)
@given(at=st.integers(0, 2600), junk=st.binary(max_size=600))
def test_damage_never_raises(at: int, junk: bytes) -> None:
    """Whatever the headers say."""
    archive = tarball(FILES)
    files, notes = read(archive[:at] + junk + archive[at + len(junk) :])
    assert isinstance(files, dict)
    assert len(notes) <= 1
