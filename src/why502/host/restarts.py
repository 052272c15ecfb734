"""How often a container was started again, where its runtime writes that into files.

Docker keeps `RestartCount` in /var/lib/docker/containers/ID/config.v2.json (moby, container/container.go); the kubelet
numbers the logs of a container by its starts, /var/log/pods/.../N.log, and links them from /var/log/containers by the
container's id (kubernetes, pkg/kubelet/kuberuntime, `buildContainerLogsPath`). systemd tells NRestarts over D-Bus only.
"""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import DecodeError, Struct, field, json

from why502.host.containers import CONTAINER
from why502.model.decoding import ready
from why502.model.expressions import expression
from why502.model.host import Restarts

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCKER: Final = "var/lib/docker/containers"
KUBELET: Final = "var/log/containers"
MAX_BYTES: Final = 1 << 20
MAX_NAMES: Final = 10_000
NUMBERED: Final = expression(r"/(\d{1,6})\.log$")


class State(Struct):
    exit_code: int = field(default=0, name="ExitCode")
    oom_killed: bool = field(default=False, name="OOMKilled")


class Config(Struct):
    """As much of Docker's `config.v2.json` as is used."""

    restart_count: int = field(default=0, name="RestartCount")
    state: State = field(default_factory=State, name="State")


def read(process: Path, root: Path = Path("/")) -> Restarts | None:
    """Of the container of the process in `/proc/PID`; None if it has none, or nobody tells."""
    try:
        match = CONTAINER.search((process / "cgroup").read_text("utf-8", "replace"))
    except OSError:
        return None
    if match is None or not match["id"]:
        return None
    return next((found for found in (_docker(root, match["id"]), _kubelet(root, match["id"])) if found), None)


def parse_docker(text: bytes, at: str) -> Restarts | None:
    """While a container runs, its state is that of this life: an exit code of 0 tells nothing of the last one."""
    try:
        config = json.decode(text, type=ready(Config))
    except DecodeError:
        return None
    return Restarts(config.restart_count, config.state.exit_code or None, config.state.oom_killed or None, at)


def _docker(root: Path, container: str) -> Restarts | None:
    path = root / DOCKER / container / "config.v2.json"
    try:
        with path.open("rb") as file:
            return parse_docker(file.read(MAX_BYTES), str(path))
    except OSError:
        return None


def _kubelet(root: Path, container: str) -> Restarts | None:
    for name in _names(root / KUBELET):
        if name.endswith(f"-{container}.log") and (match := NUMBERED.search(_target(root / KUBELET / name))):
            return Restarts(int(match[1]), at=str(root / KUBELET / name))
    return None


def _names(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            yield from islice((entry.name for entry in entries), MAX_NAMES)
    except OSError:
        return


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return ""
