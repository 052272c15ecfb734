"""The target of a scenario: started, restarted gracefully, ended."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from why502.lab import certificate
from why502.lab.hosts import PYTHON, Host
from why502.lab.limits import Limits, limited
from why502.lab.waiting import until_listening

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

PORT = 8080
CERTIFICATE = "target.pem"
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class TargetSetup:
    """How the target is started."""

    module: str
    """`python -m MODULE --address ADDRESS --seed SEED ...`; with a `program`, its name."""
    arguments: Callable[[float], tuple[str, ...]] = lambda _time_scale: ()
    """Further arguments for a time scale."""
    sysctls: Mapping[str, str] = field(default_factory=dict)
    """Inside the target's namespace."""
    certificate_for: str | None = None
    """It has a certificate for this name, which the proxy trusts."""
    speaks_tls: bool = True
    """False: it makes no use of its certificate."""
    companions: tuple[str, ...] = ()
    """Modules that run beside it: `python -m MODULE ADDRESS`."""
    starts: bool = True
    """False: it is not there before an act starts it."""
    program: Callable[[str], tuple[str, ...]] | None = None
    """The command line for an address, of a server that is no module of the lab."""
    limits: Limits | None = None
    """It is put under them when it has started."""


@dataclass(slots=True)
class Target:
    """The target's process inside its host."""

    host: Host
    setup: TargetSetup
    folder: Path
    seed: int
    time_scale: float
    number: int = 0
    """Which of the host's targets it is; each has an address of its own."""
    _running: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _limits: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _companions: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    _companion_processes: list[subprocess.Popen[str]] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"{self.host.addresses[self.number]}:{PORT}"

    @property
    def _log(self) -> Path:
        return self.folder / f"target{self.number or ''}.log"

    def __enter__(self) -> Self:
        self.host.set_sysctls(self.setup.sysctls)
        if self.setup.certificate_for:
            certificate.write(self.folder / CERTIFICATE, self.setup.certificate_for)
        with contextlib.ExitStack() as stack:
            self._companions = stack
            for module in self.setup.companions:
                self._start_companion(module)
            if self.setup.starts:
                self.start()
            self._companions = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self._companions.close()

    def restart(self) -> None:
        """End it gracefully, then start it anew (its seed moves on, so that it does not repeat itself)."""
        self.stop()
        self.start()

    def become(self, setup: TargetSetup) -> None:
        """End it gracefully, and start another release in its place."""
        self.stop()
        self.setup = setup
        self.start()

    def redeploy(self, grace_s: float) -> None:
        """As service managers do it: SIGTERM, after the grace period SIGKILL to all that is left, and a new start.

        systemd.kill(5) with `KillMode=mixed`, `TimeoutStopSec=`; Kubernetes `terminationGracePeriodSeconds`.
        """
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(grace_s)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)  # it leads a session of its own (`Host.running`)
        self.restart()

    def stop(self) -> None:
        """End it by SIGTERM."""
        self._running.close()
        self._limits.close()
        self._process = None

    def crash(self) -> None:
        """End it by SIGKILL."""
        if self._process:
            self._process.kill()
        self.stop()

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        """Meanwhile it stands still (SIGSTOP, SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def revive(self) -> None:
        """Start it again if it has died, as a supervisor does that comes round now and then."""
        if self._process and self._process.poll() is not None:
            self.restart()

    def start(self) -> None:
        """Start it, unless it runs."""
        if self._process:
            return
        log = self._log
        command = self._command()
        self.seed += 1
        self._process = self._running.enter_context(self.host.running(*command, log=log))
        until_listening(self.host, self.address, self._process, log)
        if self.setup.limits:
            self._limits.enter_context(limited(self._process.pid, self.setup.limits))

    def _command(self) -> tuple[str, ...]:
        if self.setup.program:
            return self.setup.program(self.host.addresses[self.number])
        options = ("--address", self.address, "--seed", str(self.seed), *self.setup.arguments(self.time_scale))
        if self.setup.certificate_for and self.setup.speaks_tls:
            options += ("--certificate", str(self.folder / CERTIFICATE))
        return (PYTHON, "-m", self.setup.module, *options)

    def _start_companion(self, module: str) -> None:
        command = (PYTHON, "-m", module, self.host.address)
        process = self._companions.enter_context(self.host.running(*command, log=self.folder / "companion.log"))
        self._companion_processes.append(process)

    def tell_companions(self, *, knows: bool) -> None:
        """SIGUSR1 or SIGUSR2 to each of them, whatever that means to it."""
        for process in self._companion_processes:
            process.send_signal(signal.SIGUSR2 if knows else signal.SIGUSR1)

    def forget_connections(self) -> None:
        """Destroy all established connections of the port (SOCK_DESTROY, which sends a reset to either side)."""
        command = ["ss", "--kill", "--tcp", "--no-header", "state", "established", f"sport = :{PORT}"]
        run = partial(subprocess.run, command, check=True, capture_output=True, env={**os.environ, "PATH": SYSTEM_PATH})
        self.host.call(run)
