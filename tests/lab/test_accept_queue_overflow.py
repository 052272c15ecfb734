"""The scenario itself, with the real kernel: two proxies and a healthy twin, side by side."""

from __future__ import annotations

import gzip
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from pyroute2 import netns

from why502.diagnosis import diagnose
from why502.lab.load import Outcomes
from why502.lab.namespaces import PREFIX
from why502.lab.proxies import proxies
from why502.lab.run import Options, run
from why502.lab.scenarios import by_name
from why502.model.conversations import Conversation, Outcome
from why502.model.host import HostRecord
from why502.model.manifest import Manifest
from why502.sources.gather import gather

pytestmark = pytest.mark.kernel

OPTIONS = Options(seed=4, time_scale=0.2, duration_s=12.0)


@dataclass(frozen=True)
class Done:
    """A run that is over."""

    bundle: Path
    outcomes: Outcomes

    @property
    def host(self) -> HostRecord:
        return msgspec.json.decode((self.bundle / "host.json").read_bytes(), type=HostRecord)

    @property
    def conversations(self) -> list[Conversation]:
        facts = (fact for reading in gather([str(self.bundle / "capture.pcapng")]) for fact in reading.facts)
        return [fact for fact in facts if isinstance(fact, Conversation)]

    def grew(self, counter: str) -> int:
        first, last = (self.host.snapshots[i].namespaces[0].counters[counter] for i in (0, -1))
        return last - first

    @property
    def backlogs(self) -> set[int]:
        return {listener.backlog for snapshot in self.host.snapshots for listener in snapshot.listeners}

    @property
    def drops(self) -> int:
        return max(listener.drops or 0 for snapshot in self.host.snapshots for listener in snapshot.listeners)

    @property
    def log_lines(self) -> list[str]:
        for path in self.bundle.glob("*.log.gz"):
            return gzip.decompress(path.read_bytes()).decode().splitlines()
        return (self.bundle / "access.log").read_text().splitlines()


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """All runs, made at the same time: each has namespaces of its own."""
    folder = tmp_path_factory.mktemp("lab")
    scenario, known = by_name("accept-queue-overflow"), proxies()

    def one(name: str) -> Done:
        proxy, _, twin = name.partition(" ")
        bundle = folder / name.replace(" ", "-")
        return Done(bundle, run(scenario, known[proxy], OPTIONS, bundle, healthy=bool(twin)))

    names = ("nginx", "alb", "nginx twin", "alb twin")
    with ThreadPoolExecutor(len(names)) as pool:
        return dict(zip(names, pool.map(one, names), strict=True))


@pytest.mark.parametrize("name", ["nginx", "alb"])
def test_overflow_happens_by_itself(done: dict[str, Done], name: str) -> None:
    """Of all requests some fail, most do not; the kernel counts drops at a listener with a backlog of 1."""
    faulty = done[name]
    assert 0 < faulty.outcomes.failed < 0.4 * len(faulty.outcomes.requests)
    assert faulty.backlogs == {1}
    assert faulty.drops > 0
    assert faulty.grew("ListenOverflows") > 0
    assert faulty.grew("SyncookiesFailed") > 0


@pytest.mark.parametrize("name", ["nginx", "alb"])
def test_face_of_the_article_shows(done: dict[str, Done], name: str) -> None:
    """Requests that leave in two segments are reset within milliseconds, by a kernel that never knew them."""
    reset = [c for c in done[name].conversations if c.outcome == Outcome.RESET_UNACKNOWLEDGED]
    assert reset
    assert all(c.reset_bare and c.bytes_acknowledged == 0 for c in reset)


def test_face_of_the_dropped_syn_shows(done: dict[str, Done]) -> None:
    """SYNs come again, and the connection stands late or never."""
    assert any(len(c.syn_s) > 1 for name in ("nginx", "alb") for c in done[name].conversations)


def test_face_of_the_dropped_final_ack_shows(done: dict[str, Done]) -> None:
    """The proxy believes itself connected and sends; nobody acknowledges until it has sent again."""
    late = [
        c
        for name in ("nginx", "alb")
        for c in done[name].conversations
        if c.outcome == Outcome.ANSWERED and c.retransmissions_sent and c.established_s
    ]
    assert late


def test_article_s_own_log_line_appears(done: dict[str, Done]) -> None:
    """Sent after milliseconds, gone after milliseconds, no answer: x y -1 502 -."""
    signatures = [line.split(" ")[5:10] for line in done["alb"].log_lines]
    found = [s for s in signatures if s[2:] == ["-1", "502", "-"] and s[1] != "-1"]
    assert found
    assert all(float(s[1]) < 0.5 for s in found)


@pytest.mark.parametrize("name", ["nginx twin", "alb twin"])
def test_healthy_twin_fails_no_request(done: dict[str, Done], name: str) -> None:
    """The same load, the same late acceptor, the same restart: every request is answered with 200."""
    healthy = done[name]
    assert set(healthy.outcomes.by_status) == {"200"}
    assert healthy.backlogs == {4096}
    assert healthy.drops == healthy.grew("ListenOverflows") == healthy.grew("SyncookiesFailed") == 0
    assert not any(c.failed for c in healthy.conversations)
    assert not any(f" {status} " in line for line in healthy.log_lines for status in (502, 503, 504))
    assert len(healthy.outcomes.requests) == len(done[name.removesuffix(" twin")].outcomes.requests)


@pytest.mark.parametrize("name", ["nginx", "alb", "nginx twin", "alb twin"])
def test_log_tells_what_the_clients_got(done: dict[str, Done], name: str) -> None:
    """One line a request, and the service was restarted once meanwhile."""
    assert len(done[name].log_lines) == len(done[name].outcomes.requests)
    assert len({pid for s in done[name].host.snapshots for listener in s.listeners for pid in listener.pids}) == 2


@pytest.mark.parametrize("name", ["nginx", "alb"])
def test_bundle_says_what_it_holds_and_nothing_of_this_machine(done: dict[str, Done], name: str) -> None:
    """The manifest lists every other file; no path, no host name, no name of a namespace."""
    bundle = done[name].bundle
    manifest = msgspec.json.decode((bundle / "manifest.json").read_bytes(), type=Manifest)
    assert set(manifest.files) == {path.name for path in bundle.iterdir()} - {"manifest.json"}
    assert manifest.hostname == done[name].host.hostname == "target"
    texts = (bundle / "host.json").read_text() + (bundle / "manifest.json").read_text()
    assert PREFIX not in texts
    assert str(Path.cwd()) not in texts


def test_metrics_agree_with_the_log(done: dict[str, Done]) -> None:
    """The counts of the 502 and 504 over all periods are the log's."""
    metrics = msgspec.json.decode((done["alb"].bundle / "metrics.json").read_bytes())["MetricDataResults"]
    totals = {metric["Label"]: sum(metric["Values"]) for metric in metrics}
    statuses = [line.split(" ")[8] for line in done["alb"].log_lines]
    for status in ("502", "504"):
        assert totals.get(f"HTTPCode_ELB_{status}_Count", 0) == statuses.count(status)
    assert totals["RequestCount"] == len(statuses)
    assert {"CPUUtilization", "mem_used_percent", "TargetResponseTime", "NewConnectionCount"} <= totals.keys()


def test_nothing_is_left(done: dict[str, Done]) -> None:
    """No namespace of these runs, no process of theirs."""
    assert done
    assert not [name for name in netns.listnetns() if name.startswith(f"{PREFIX}-{os.getpid()}-")]
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if f"{PREFIX}-{os.getpid()}-".encode() in _read(path)]
    assert left == []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.mark.parametrize("name", ["nginx", "alb"])
def test_why502_names_the_cause(done: dict[str, Done], name: str) -> None:
    """From the bundle alone: accept-queue overflow because of a backlog of 1, with at least 90 %."""
    document = diagnose([str(done[name].bundle)]).document
    assert document.verdicts[0].cause == "accept-queue-overflow"
    assert document.verdicts[0].probability >= 0.9
    assert "backlog-too-small" in [because.condition for because in document.verdicts[0].because]


@pytest.mark.parametrize("name", ["nginx twin", "alb twin"])
def test_why502_finds_nothing_wrong_with_the_twin(done: dict[str, Done], name: str) -> None:
    """No failure, no verdict."""
    document = diagnose([str(done[name].bundle)]).document
    assert document.failures.total == 0
    assert document.verdicts == ()
