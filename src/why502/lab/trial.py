"""A scenario put to the test: run, diagnosed, and compared with what must come out."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from why502.diagnosis import diagnose
from why502.errors import Why502Error
from why502.lab.expectation import unmet
from why502.lab.hosts import check_rights
from why502.lab.load import Outcomes
from why502.lab.proxies import proxies
from why502.lab.recording import prepare
from why502.lab.run import Options, run
from why502.lab.scenarios import Scenario, by_name
from why502.model.verdict import Diagnosis
from why502.scratch import Scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from why502.lab.proxies import Proxy


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which of the two runs are wanted."""

    faulty: bool = True
    healthy: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """One run and what why502 said about it."""

    scenario: Scenario
    proxy: str
    healthy: bool
    bundle: Path
    outcomes: Outcomes
    diagnosis: Diagnosis

    @property
    def verdicts(self) -> tuple[tuple[str, float], ...]:
        """Named causes with their probabilities, strongest first."""
        return tuple((v.cause, v.probability) for v in self.diagnosis.document.verdicts)

    @property
    def passed(self) -> bool:
        """The fault is named first; the twin gets no verdict."""
        if self.healthy:
            return not self.verdicts
        return bool(self.verdicts) and self.verdicts[0][0] in self.scenario.convicts and not self.unmet

    @property
    def unmet(self) -> tuple[str, ...]:
        """What was expected and did not come."""
        expected = self.scenario.expected(self.outcomes, healthy=self.healthy)
        return unmet(self.diagnosis.document, expected)

    @property
    def sentence(self) -> str:
        kind = "healthy twin of" if self.healthy else "fault"
        named = ", ".join(f"{cause} ({probability:.2f})" for cause, probability in self.verdicts) or "no verdict"
        counts = f"{self.outcomes.failed} of {len(self.outcomes.requests)} requests failed"
        differences = f" ({'; '.join(self.unmet)})" if self.unmet else ""
        passed = "passed" if self.passed else "NOT PASSED"
        return f"{passed}: {self.proxy}, {kind} {self.scenario.name}: {counts}: {named}{differences}"


def trials(
    name: str,
    proxy_name: str,
    options: Options,
    folder: Path | None,
    kinds: Kinds,
    *,
    progress: Callable[[str], None] = lambda _: None,
    server: str | None = None,
) -> Iterator[Trial]:
    """Run a scenario with each wanted proxy, each wanted kind, one after the other; with a real server, if named."""
    scenario = by_name(name).on(server)
    if lacking := scenario.lacking():
        raise Why502Error("this machine cannot make the fault", where=name, why=lacking)
    if server and (missing := scenario.servers[server].server.missing):
        raise Why502Error(f"{server} cannot be run here", why=missing, hint="make servers builds it")
    wanted = _wanted(scenario, proxy_name, progress)
    check_rights()
    with ExitStack() as stack:
        root = Path(stack.enter_context(Scratch())) if folder is None else folder
        places = [
            (proxy, healthy, bundle_place(root, proxy if len(wanted) > 1 or folder is None else None, healthy=healthy))
            for proxy in wanted
            for healthy, asked in ((False, kinds.faulty), (True, kinds.healthy))
            if asked
        ]
        for _, _, bundle in places:
            prepare(bundle)  # refused before minutes of running, not after them
        for proxy, healthy, bundle in places:
            kind = "the healthy twin" if healthy else "the fault"
            progress(f"{proxy.name}: {kind}, about {options.lasts_s(scenario):.0f} s")
            outcomes = run(scenario, proxy, options, bundle, healthy=healthy)
            yield Trial(scenario, proxy.name, healthy, bundle, outcomes, diagnose([str(bundle)]))


def _wanted(scenario: Scenario, name: str, progress: Callable[[str], None]) -> list[Proxy]:
    known = proxies()
    if name == "all":
        return _installed([known[each] for each in scenario.proxies], progress)
    names = list(dict.fromkeys(name.split(",")))
    for each in names:
        if each not in scenario.proxies:
            hint = f"it can be run with {', '.join(scenario.proxies)} or all"
            raise Why502Error("this scenario does not know the proxy", where=each or "''", hint=hint)
        if program := known[each].program:
            program()  # refused before anything is made, not after
    return [known[each] for each in names]


def _installed(found: list[Proxy], progress: Callable[[str], None]) -> list[Proxy]:
    """Those that this machine has; what it lacks is told."""
    for proxy in found:
        if not proxy.installed:
            progress(f"{proxy.name}: left out, not installed")
    if usable := [proxy for proxy in found if proxy.installed]:
        return usable
    lacking = ", ".join(proxy.name for proxy in found)
    raise Why502Error("nothing is left to run", why=f"not installed: {lacking}")


def bundle_place(root: Path, proxy: Proxy | None, *, healthy: bool) -> Path:
    """ROOT or ROOT/PROXY; the twin's beside it, with '-healthy' at the end."""
    place = root / proxy.name if proxy else root
    return place.with_name(place.name + "-healthy") if healthy else place


class TrialLine(Struct, frozen=True):
    """One trial in `why502 lab run --json`."""

    scenario: str
    proxy: str
    healthy: bool
    passed: bool
    requests: int
    by_status: dict[str, int]
    verdicts: tuple[tuple[str, float], ...]
    unmet: tuple[str, ...]
    """What was expected and did not come."""
    bundle: str | None
    """None: not kept."""


def trials_json(done: Sequence[Trial]) -> str:
    lines = [
        TrialLine(
            scenario=t.scenario.name,
            proxy=t.proxy,
            healthy=t.healthy,
            passed=t.passed,
            requests=len(t.outcomes.requests),
            by_status=t.outcomes.by_status,
            verdicts=t.verdicts,
            unmet=t.unmet,
            bundle=str(t.bundle) if t.bundle.exists() else None,
        )
        for t in done
    ]
    return msgspec.json.format(msgspec.json.encode({"trials": lines})).decode()


def scenario_text(scenario: Scenario) -> str:
    """What `why502 lab list` says of one: name, title, what it can be run with, and why it cannot be run here."""
    lines = [f"{scenario.name}: {scenario.title}", f"    with {', '.join(scenario.proxies)}"]
    if scenario.servers:
        lines.append(f"    real servers: {', '.join(scenario.servers)}")
    if lacking := scenario.lacking():
        lines.append(f"    NOT ON THIS MACHINE: {lacking}")
    return "\n".join(lines)


def scenarios_json(found: Sequence[Scenario]) -> str:
    lines = [
        {
            "name": s.name,
            "title": s.title,
            "proxies": s.proxies,
            "servers": tuple(s.servers),
            "causes": s.convicts,
            "duration_s": s.duration_s,
            "lacking": s.lacking(),
        }
        for s in found
    ]
    return msgspec.json.format(msgspec.json.encode({"scenarios": lines})).decode()
