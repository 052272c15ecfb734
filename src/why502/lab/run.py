"""Run a scenario once: stage, proxy, target, load - and everything recorded into a bundle."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from why502.errors import Why502Error
from why502.lab.hosts import PYTHON, Host, orderly_end, wire
from why502.lab.load import RESTART, Outcomes, Plan
from why502.lab.proxies import Proxy, RunningProxy, Setup
from why502.lab.proxies.interface import LISTEN
from why502.lab.recording import Recording
from why502.lab.target import Target

if TYPE_CHECKING:
    from why502.lab.scenarios import Scenario

LONGEST_TIMERS_S = 70.0
"""A proxy's connect and idle timeouts together, before time scaling."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a scenario is run."""

    seed: int = 1
    time_scale: float = 0.3
    duration_s: float = 25.0


def run(scenario: Scenario, proxy: Proxy, options: Options, bundle: Path, *, healthy: bool = False) -> Outcomes:
    """Run a scenario, or its healthy twin, and leave the evidence in the folder `bundle` (made here)."""
    setup = scenario.healthy if healthy else scenario.faulty
    with contextlib.ExitStack() as stack:
        stack.enter_context(orderly_end())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="why502-lab-")))
        folder.chmod(0o711)  # nginx's worker is another user
        ends = stack.enter_context(wire())
        target = stack.enter_context(Target(ends.target, setup, folder, options.seed, options.time_scale))
        proxy_setup = Setup(ends.proxy, target.address, folder, options.time_scale)
        recording = stack.enter_context(Recording(ends, proxy, proxy_setup))
        with proxy.running(proxy_setup) as running:
            plan = Plan(
                address=LISTEN,
                timeout_s=LONGEST_TIMERS_S * options.time_scale + 5.0,
                pages=scenario.pages(options.seed, options.duration_s, options.time_scale),
            )
            outcomes = _load(ends.proxy, plan, folder, target, running, recording)
        recording.write(bundle)
        return outcomes


def _load(host: Host, plan: Plan, folder: Path, target: Target, proxy: RunningProxy, recording: Recording) -> Outcomes:
    """Let the client carry out the plan; restart the target where it asks for that."""
    written, log = folder / "plan.json", folder / "load.log"
    written.write_bytes(msgspec.json.encode(plan))
    command = (PYTHON, "-m", "why502.lab.load", str(written))
    with host.running(*command, log=log, answers=True) as client:
        assert client.stdout is not None and client.stdin is not None  # noqa: PT018 - pipes, as asked for
        for line in client.stdout:
            said = msgspec.json.decode(line, type=str | Outcomes)
            if isinstance(said, Outcomes):
                return said
            if said == RESTART:
                proxy.deregister()
                recording.note_change("the service was restarted, taken out of rotation meanwhile")
                target.restart()
                proxy.register()
                client.stdin.write("go on\n")
                client.stdin.flush()
    raise Why502Error("the lab's client broke off", why=log.read_text(errors="replace").strip()[-500:])
