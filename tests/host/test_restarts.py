from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from why502.host import restarts
from why502.model.host import Restarts

if TYPE_CHECKING:
    from pathlib import Path

CONTAINER = "4f" * 32


def _process(tmp_path: Path, cgroup: str) -> Path:
    (tmp_path / "77").mkdir()
    (tmp_path / "77/cgroup").write_text(cgroup)
    return tmp_path / "77"


def test_docker_tells_how_often_and_why(tmp_path: Path) -> None:
    """Its own record of the container."""
    folder = tmp_path / "var/lib/docker/containers" / CONTAINER
    folder.mkdir(parents=True)
    path = folder / "config.v2.json"
    path.write_text('{"RestartCount": 7, "State": {"ExitCode": 137, "OOMKilled": true, "Pid": 77}, "Name": "/api"}')
    process = _process(tmp_path, f"0::/system.slice/docker-{CONTAINER}.scope\n")
    assert restarts.read(process, tmp_path) == Restarts(7, 137, oom_killed=True, at=str(path))


def test_the_kubelet_numbers_its_logs(tmp_path: Path) -> None:
    """The number of the log is the number of restarts."""
    folder = tmp_path / "var/log/containers"
    folder.mkdir(parents=True)
    link = folder / f"api-0_shop_api-{CONTAINER}.log"
    link.symlink_to("/var/log/pods/shop_api-0_1234/api/12.log")
    process = _process(tmp_path, f"0::/kubepods.slice/cri-containerd-{CONTAINER}.scope\n")
    assert restarts.read(process, tmp_path) == Restarts(12, at=str(link))


def test_a_process_of_the_host_has_none(tmp_path: Path) -> None:
    """systemd tells over D-Bus only."""
    assert restarts.read(_process(tmp_path, "0::/system.slice/api.service\n"), tmp_path) is None


@given(st.binary(max_size=100))
def test_any_record_is_answered(content: bytes) -> None:
    """Half written, of another version, of a stranger."""
    restarts.parse_docker(content, "x")
