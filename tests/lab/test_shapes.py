"""Faults with a shape, with the real kernel: where they are, how many, and what a large served log leaves of them."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from why502.diagnosis import diagnose
from why502.lab.load import Outcomes
from why502.lab.proxies import proxies
from why502.lab.run import Options, run
from why502.lab.scenarios import by_name
from why502.lab.scenarios.fault_in_one_of_three import GUILTY
from why502.lab.scenarios.rare_fault import REQUESTS

if TYPE_CHECKING:
    from why502.model.verdict import Document

pytestmark = pytest.mark.kernel

AROUND = 90_000
STAMP = re.compile(r"\[[^\]]+\]")


@dataclass(frozen=True)
class Done:
    """A run that is over."""

    bundle: Path
    outcomes: Outcomes

    def document(self, *files: str) -> Document:
        return diagnose([str(self.bundle / name) for name in files] or [str(self.bundle)]).document


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    if os.geteuid() != 0:
        pytest.skip("needs root to make network namespaces")
    folder = tmp_path_factory.mktemp("shapes")

    def one(name: str) -> Done:
        return Done(folder / name, run(by_name(name), proxies()["nginx"], Options(seed=2), folder / name))

    names = ("fault-in-one-of-three", "fault-that-ends", "rare-fault")
    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


def test_only_one_target_of_three_fails(done: dict[str, Done]) -> None:
    """All three are asked, by turns; every failure of the log is at the guilty one, and it alone is named."""
    faulty = done["fault-in-one-of-three"]
    lines = (faulty.bundle / "access.log").read_text().splitlines()
    asked = {line.split('ua="')[1].split('"')[0] for line in lines}
    assert asked == {GUILTY, "10.50.2.3:8080", "10.50.2.4:8080"}
    failed = [line for line in lines if '" 502 ' in line]
    assert len(failed) == faulty.outcomes.failed > 0
    assert all(f'ua="{GUILTY}"' in line for line in failed)
    assert {target for verdict in faulty.document().verdicts for target in verdict.targets} <= {GUILTY}


def test_a_fault_that_ends_lies_between_its_deployment_and_the_way_back(done: dict[str, Done]) -> None:
    """Not a request fails before or after; the list of changes tells of both."""
    faulty = done["fault-that-ends"]
    span_s = faulty.outcomes.span_of("deploy", "roll-back")
    assert faulty.outcomes.failed_within(*span_s) == faulty.outcomes.failed > 0
    changes = (faulty.bundle / "changes.csv").read_text()
    assert changes.index("deployed version 1.4.2") < changes.index("rolled back")


def test_one_failure_of_ten_thousand_is_found(done: dict[str, Done]) -> None:
    """And named, with all that was recorded."""
    rare = done["rare-fault"]
    assert (len(rare.outcomes.requests), rare.outcomes.failed) == (REQUESTS, 1)
    document = rare.document()
    assert (document.failures.requests, document.failures.total) == (REQUESTS, 1)
    assert [(v.cause, v.failures) for v in document.verdicts] == [("closed-without-response", 1)]


def test_one_failure_of_a_hundred_thousand_is_found(done: dict[str, Done]) -> None:
    """The hours before were served: the same lines of the same proxy, at earlier times."""
    rare = done["rare-fault"]
    log = rare.bundle / "access.log"
    own = log.read_text().splitlines(keepends=True)
    served = [line for line in own if '" 200 ' in line]
    stamped = STAMP.search(own[0])
    assert stamped is not None
    first = datetime.strptime(stamped[0], "[%d/%b/%Y:%H:%M:%S %z]")
    before = [
        STAMP.sub(_stamp(first - timedelta(hours=2) + timedelta(seconds=number // 15)), served[number % len(served)], 1)
        for number in range(AROUND)
    ]
    around = log.with_name("around.log")
    around.write_text("".join((*before, *own)))
    document = rare.document("around.log", "error.log", "capture.pcapng")
    assert (document.failures.requests, document.failures.total) == (REQUESTS + AROUND, 1)
    assert [(v.cause, v.failures) for v in document.verdicts] == [("closed-without-response", 1)]


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("[%d/%b/%Y:%H:%M:%S +0000]")
