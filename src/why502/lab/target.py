"""The target of a scenario: started, restarted gracefully, ended."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from why502.lab.hosts import PYTHON, Host
from why502.lab.scenarios.interface import TargetSetup
from why502.lab.waiting import until_listening

if TYPE_CHECKING:
    import subprocess
    from types import TracebackType

PORT = 8080


@dataclass(slots=True)
class Target:
    """The target's process inside its host."""

    host: Host
    setup: TargetSetup
    folder: Path
    seed: int
    time_scale: float
    _process: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def address(self) -> str:
        return f"{self.host.address}:{PORT}"

    def __enter__(self) -> Self:
        self.host.set_sysctls(self.setup.sysctls)
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.close()

    def restart(self) -> None:
        """End it gracefully, then start it anew (its seed moves on, so that it does not repeat itself)."""
        self._process.close()
        self.seed += 1
        self._start()

    def _start(self) -> None:
        log = self.folder / "target.log"
        options = ("--address", self.address, "--seed", str(self.seed), *self.setup.arguments(self.time_scale))
        process: subprocess.Popen[str] = self._process.enter_context(
            self.host.running(PYTHON, "-m", self.setup.module, *options, log=log)
        )
        until_listening(self.host, self.address, process, log)
