from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.running import why502
from why502.errors import Why502Error
from why502.lab import tracking
from why502.lab.proxies import Proxy, proxies
from why502.lab.recording import prepare, whole
from why502.lab.run import Options
from why502.lab.scenarios import by_name
from why502.lab.trial import Kinds, bundle_place, scenario_text, trials


def test_list_names_the_scenarios() -> None:
    """As text and as JSON."""
    assert why502("lab", "list").stdout.startswith("accept-queue-overflow: ")
    listed = json.loads(why502("lab", "list", "--json").stdout)
    assert listed["scenarios"][0]["name"] == "accept-queue-overflow"


def test_list_says_what_this_machine_cannot_make(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And why, below what it would be run with; running it is refused with the same sentence."""
    monkeypatch.setattr(tracking, "NETFILTER", tmp_path)
    *_, proxies_line, lacking_line = scenario_text(by_name("conntrack-full")).splitlines()
    assert "nginx, alb, haproxy" in proxies_line
    assert lacking_line == "    NOT ON THIS MACHINE: the kernel tracks no connections (modprobe nf_conntrack)"
    with pytest.raises(Why502Error, match="this machine cannot make the fault: conntrack-full: the kernel tracks no"):
        list(trials("conntrack-full", "nginx", Options(), None, Kinds()))


def test_proxies_that_are_not_installed_are_left_out_before_anything_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a word for each; when none is left that is the end of it."""
    told: list[str] = []
    monkeypatch.setattr(Proxy, "installed", property(lambda _proxy: False))
    with pytest.raises(Why502Error, match="nothing is left to run: not installed: nginx, haproxy, apache"):
        list(trials("response-truncated", "all", Options(), None, Kinds(), progress=told.append))
    assert told == [f"{name}: left out, not installed" for name in by_name("response-truncated").proxies]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("coffee",), "no such scenario: coffee; known: accept-queue-overflow"),
        (("accept-queue-overflow", "--proxy", "squid"), "this scenario does not know the proxy: squid"),
        (("accept-queue-overflow", "--duration", "0"), "0 is not in the range"),
        (("accept-queue-overflow", "--proxy", "nginx,squid"), "this scenario does not know the proxy: squid"),
        (("accept-queue-overflow", "--proxy", ""), "this scenario does not know the proxy: ''"),
        (("accept-queue-overflow", "--seed", "-4"), "-4 is not in the range"),
        (("keepalive-race", "--server", "coffee"), "this scenario does not know the server: coffee"),
        (("accept-queue-overflow", "--no-twin", "--healthy-only"), "nothing is left to run"),
    ],
)
def test_wrong_use_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """And status 2."""
    ended = why502("lab", "run", *arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_recordings_do_not_overwrite(tmp_path: Path) -> None:
    """A folder that holds something is refused before anything runs."""
    (tmp_path / "mine").write_text("x")
    with pytest.raises(Why502Error, match=r"will not write the recording: .*: the folder is not empty"):
        prepare(tmp_path)


def test_half_a_bundle_is_removed(tmp_path: Path) -> None:
    """A disk that is full: what was written would be taken for all there is, and block the next try."""

    def write() -> None:
        with whole(tmp_path / "case"):
            (tmp_path / "case/host.json").write_text("{}")
            raise OSError(errno.ENOSPC, "No space left on device")

    (tmp_path / "case").mkdir()
    with pytest.raises(OSError, match="No space left"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_twins_lie_side_by_side() -> None:
    """DIR and DIR-healthy; with several proxies below DIR."""
    nginx = proxies()["nginx"]
    assert bundle_place(Path("a"), None, healthy=True) == Path("a-healthy")
    assert bundle_place(Path("a"), nginx, healthy=False) == Path("a/nginx")
    assert bundle_place(Path("a"), nginx, healthy=True) == Path("a/nginx-healthy")


def test_missing_nginx_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is written."""
    from why502.lab.proxies import nginx

    monkeypatch.setattr(shutil, "which", lambda *_args, **_named: None)
    with pytest.raises(Why502Error, match="nginx is not installed; apt-get install"):
        nginx.program()
    assert list(tmp_path.iterdir()) == []
