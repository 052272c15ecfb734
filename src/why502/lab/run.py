"""Run a scenario once: stage, proxy, target, load - and everything recorded into a bundle."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

import msgspec
from msgspec import structs

from why502.errors import Why502Error
from why502.lab.hosts import PYTHON, wire
from why502.lab.interruption import Interruption, orderly_end
from why502.lab.load import RESTART, Acted, Cue, Outcomes, Plan
from why502.lab.proxies import Proxy, Setup
from why502.lab.proxies.interface import LISTEN
from why502.lab.recording import Recording
from why502.lab.stage import Act, Stage, restart_gracefully
from why502.lab.target import Target
from why502.model.decoding import ready
from why502.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from why502.lab.scenarios import Scenario

PATIENCE_S = 5.0
"""How much longer than the proxy's timers together the client waits."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a scenario is run; None: as the scenario says."""

    seed: int = 1
    time_scale: float | None = None
    duration_s: float | None = None
    limit_s: int = 0
    """When a run that does not come to its end is broken off; 0: never."""

    def scale(self, scenario: Scenario) -> float:
        return scenario.time_scale if self.time_scale is None else self.time_scale

    def lasts_s(self, scenario: Scenario) -> float:
        return scenario.duration_s if self.duration_s is None else self.duration_s


def run(scenario: Scenario, proxy: Proxy, options: Options, bundle: Path, *, healthy: bool = False) -> Outcomes:
    """Run a scenario, or its healthy twin, and leave the evidence in the folder `bundle` (made here)."""
    scale = options.scale(scenario)
    settings = scenario.proxy_settings(options.seed, healthy=healthy)
    with contextlib.ExitStack() as stack:
        interruption = stack.enter_context(orderly_end(options.limit_s))
        folder = Path(stack.enter_context(Scratch()))
        folder.chmod(0o711)  # nginx's worker is another user
        ends = stack.enter_context(wire(targets=1 + len(scenario.others)))
        interruption.check()
        if settings.local_ports:
            ends.proxy.set_sysctls({"net.ipv4.ip_local_port_range": settings.local_ports})
        target_setup = scenario.target_setup(options.seed, healthy=healthy, proxy=proxy.name)
        target = stack.enter_context(Target(ends.target, target_setup, folder, options.seed, scale))
        others = tuple(
            stack.enter_context(Target(ends.target, setup, folder, options.seed, scale, number))
            for number, setup in enumerate(scenario.other_setups(healthy=healthy), 1)
        )
        interruption.check()
        proxy_setup = Setup(ends.proxy, target.address, folder, scale, settings, tuple(each.address for each in others))
        recording = stack.enter_context(Recording(ends, proxy, proxy_setup, both_hosts=scenario.both_hosts))
        with proxy.running(proxy_setup) as running:
            plan = Plan(
                address=LISTEN,
                timeout_s=(settings.connect_timeout_s + settings.read_timeout_s) * scale + PATIENCE_S,
                pages=scenario.pages(options.seed, options.lasts_s(scenario), scale),
                repeats=scenario.repeats(options.lasts_s(scenario), healthy=healthy),
            )
            acts = {RESTART: restart_gracefully, **(scenario.healthy_acts if healthy else scenario.acts)}
            stage = Stage(ends, target, running, recording, options.seed, others)
            outcomes = _load(plan, folder, stage, acts, interruption)
        recording.write(bundle)
        return outcomes


def _load(plan: Plan, folder: Path, stage: Stage, acts: Mapping[str, Act], interruption: Interruption) -> Outcomes:
    """Let the client carry out the plan; act where it gives a cue."""
    written, log = folder / "plan.json", folder / "load.log"
    written.write_bytes(msgspec.json.encode(plan))
    command = (PYTHON, "-m", "why502.lab.load", str(written))
    acted: list[Acted] = []
    with stage.ends.proxy.running(*command, log=log, answers=True) as client:
        assert client.stdout is not None and client.stdin is not None  # noqa: PT018 - pipes, as asked for
        while line := _next_line(client.stdout, interruption):
            said = msgspec.json.decode(line, type=ready(Cue | Outcomes))
            if isinstance(said, Outcomes):
                return structs.replace(said, acted=tuple(acted))
            if act := acts.get(said.name):
                begin_s = time.time()
                act(stage)
                acted.append(Acted(said.name, begin_s, time.time()))
            if said.waits:
                client.stdin.write("go on\n")
                client.stdin.flush()
    raise Why502Error("the lab's client broke off", why=log.read_text(errors="replace").strip()[-500:])


def _next_line(client: IO[str], interruption: Interruption) -> str:
    """The one place where a run waits for long."""
    with interruption.allowed():
        return client.readline()
