from __future__ import annotations

import os
import tarfile
import threading
from pathlib import Path

import msgspec
import pytest
import zstandard

from why502.collecting import Wishes, collect
from why502.collecting.configs import redact_config
from why502.collecting.targets import ports_of
from why502.errors import Why502Error
from why502.model.host import HostRecord
from why502.model.manifest import BUNDLE_SCHEMA, Manifest

OWN = [Path("/proc/self/ns/net")]
STOPPED = threading.Event()
STOPPED.set()


def _manifest(folder: Path) -> Manifest:
    return msgspec.json.decode((folder / "manifest.json").read_bytes(), type=Manifest)


def test_a_folder_holds_the_record_and_says_what_is_missing(tmp_path: Path) -> None:
    """Without a target no packets are captured, and the manifest says so."""
    out = collect(tmp_path / "case", Wishes(30, netns=OWN, events=False), stop=STOPPED)
    manifest = _manifest(out)
    record = msgspec.json.decode((out / "host.json").read_bytes(), type=HostRecord)
    assert len(record.snapshots) == 2
    assert (manifest.schema, manifest.files, manifest.capture) == (BUNDLE_SCHEMA, ("host.json",), None)
    assert manifest.events is None
    assert ("packets", "not asked for: no target was named") in {(x.what, x.why) for x in manifest.not_allowed}


def test_an_archive_appears_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    """`.tar.zst`, readable by tar; only its owner may read it; it does not say who made it."""
    out = collect(tmp_path / "case.tar.zst", Wishes(30, netns=OWN, events=False), stop=STOPPED)
    assert list(tmp_path.iterdir()) == [out]
    assert out.stat().st_mode & 0o777 == 0o600
    with zstandard.open(out, "rb") as stream, tarfile.open(fileobj=stream, mode="r|") as tar:
        members = {member.name: (member.uid, member.uname) for member in tar}
    assert members == {"host.json": (0, ""), "manifest.json": (0, "")}


@pytest.mark.parametrize("name", ["case", "case.tar.zst"])
def test_nothing_is_overwritten_unless_asked_for(tmp_path: Path, name: str) -> None:
    """Evidence exists once."""
    out = tmp_path / name
    collect(out, Wishes(30, netns=OWN, events=False), stop=STOPPED)
    with pytest.raises(Why502Error, match="not overwritten"):
        collect(out, Wishes(30, netns=OWN, events=False), stop=STOPPED)
    assert collect(out, Wishes(30, netns=OWN, events=False), stop=STOPPED, force=True) == out


def test_force_replaces_a_bundle_and_nothing_else(tmp_path: Path) -> None:
    """What an older recording left would be read as part of the case; a folder of other things is not ours."""
    out = collect(tmp_path / "case", Wishes(30, netns=OWN, events=False), stop=STOPPED)
    (out / "events.jsonl").write_text("old")
    collect(out, Wishes(30, netns=OWN, events=False), stop=STOPPED, force=True)
    assert {path.name for path in out.iterdir()} == {"host.json", "manifest.json"}
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/events.jsonl").write_text("precious")
    (tmp_path / "etc.tar.zst").mkdir()
    (tmp_path / "etc.tar.zst/events.jsonl").write_text("precious")
    for name in ("etc", "etc.tar.zst"):
        with pytest.raises(Why502Error, match="not overwritten"):
            collect(tmp_path / name, Wishes(30, netns=OWN, events=False), stop=STOPPED, force=True)
        assert (tmp_path / name / "events.jsonl").read_text() == "precious"


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """One sentence, for a folder and for an archive."""
    for name in ("missing/case", "missing/case.tar.zst"):
        with pytest.raises(Why502Error, match=r"cannot write: .*: No such file or directory"):
            collect(tmp_path / name, Wishes(30, netns=OWN, events=False), stop=STOPPED)


def test_configs_are_copied_without_secrets(tmp_path: Path) -> None:
    """Two of one name are both kept; one that cannot be read is named."""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a/app.yml").write_text("acceptQueueSize: 1\npassword: hunter2\n")
    (tmp_path / "b/app.yml").write_text("port: 1\n")
    configs = [tmp_path / "a/app.yml", tmp_path / "b/app.yml", tmp_path / "missing.yml"]
    out = collect(tmp_path / "case", Wishes(30, netns=OWN, events=False, configs=configs), stop=STOPPED)
    assert (out / "configs/app.yml").read_text() == "acceptQueueSize: 1\npassword: ***\n"
    assert (out / "configs/2-app.yml").read_text() == "port: 1\n"
    assert any("missing.yml" in one.what for one in _manifest(out).not_allowed)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('db_password = "x"', "db_password = ***"),
        ("  secret: abc # why", "  secret: ***"),
        ('"apiKey": "abc",', '"apiKey": ***'),
        ("password:\nport: 8080", "password:\nport: 8080"),
        ("keepalive_timeout 65;", "keepalive_timeout 65;"),
        ("proxy_cache_key $uri;", "proxy_cache_key $uri;"),
        ("listen 80 backlog=511;", "listen 80 backlog=511;"),
    ],
)
def test_settings_that_matter_survive_redaction(text: str, expected: str) -> None:
    """Only what speaks of a secret goes."""
    assert redact_config(text) == expected


def test_a_line_without_end_is_no_trap() -> None:
    """A megabyte of one word, as the largest file may hold."""
    assert redact_config("password" * 130_000) == "password" * 130_000


@pytest.mark.parametrize("target", ["10.0.0.7", "host:", ":0", ":65536", "", "::1", "a:b"])
def test_a_target_without_a_port_is_wrong_use(target: str) -> None:
    """The capture is told by ports."""
    if target == "::1":
        assert ports_of([target]) == (1,)  # an address without brackets cannot be told from one with a port
        return
    with pytest.raises(Why502Error, match="no port in the target"):
        ports_of([target])


def test_durations_are_bounded(tmp_path: Path) -> None:
    """Bounded in time, whatever is asked for."""
    with pytest.raises(Why502Error, match="at most 24 hours"):
        collect(tmp_path / "case", Wishes(1e9), stop=STOPPED)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.kernel
def test_as_root_events_and_packets_are_in_it(tmp_path: Path) -> None:
    """And the manifest tells how many, and how many were lost."""
    if os.geteuid() != 0:
        pytest.skip("needs root to capture and to trace")
    out = collect(tmp_path / "case", Wishes(30, targets=["127.0.0.1:1"], netns=OWN), stop=STOPPED)
    manifest = _manifest(out)
    assert set(manifest.files) >= {"host.json", "capture.pcapng"}
    assert manifest.capture is not None
    assert manifest.capture.ports == (1,)
    assert (manifest.events is not None) == ("events.jsonl" in manifest.files)
    assert (manifest.events is None) == any(one.what == "kernel events" for one in manifest.not_allowed)
