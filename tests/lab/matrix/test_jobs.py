from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from why502.errors import Why502Error
from why502.lab import tracking
from why502.lab.matrix.running import BESIDE_THE_LOAD_S, Wishes, jobs, not_run, outlook
from why502.lab.proxies import Proxy, proxies
from why502.lab.real_servers import BUILT, REAL_SERVERS, RealServer
from why502.lab.scenarios import by_name, scenarios
from why502.lab.subsets import SUBSETS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_fault_runs_with_every_proxy_and_seed_beside_its_twin() -> None:
    """Nothing is left out, nothing twice."""
    planned = jobs(Wishes(seeds=(1, 2), proxies=tuple(proxies())))
    assert len(set(planned)) == len(planned)
    assert sum(job.server is None for job in planned) == sum(2 * 2 * len(s.proxies) for s in scenarios())
    assert all(twin.healthy and not fault.healthy for fault, twin in zip(planned[::2], planned[1::2], strict=True))


def test_quick_runs_each_fault_on_one_proxy_and_each_proxy_with_some() -> None:
    """A quick look passes by everything once."""
    planned = jobs(Wishes(quick=True, proxies=tuple(proxies())))
    assert [job.scenario for job in planned[::2]] == [s.name for s in scenarios() if s.quick]
    assert [s.name for s in scenarios() if not s.quick] == ["rare-fault"]  # tests/lab/test_shapes.py plays it
    assert {job.proxy for job in planned} == {proxy for s in scenarios() for proxy in s.proxies}


def test_outlook_tells_how_many_runs_and_about_how_long() -> None:
    """Before the first one has ended; never nothing."""
    planned = jobs(Wishes(faults=("keepalive-race",), proxies=("alb",), quick=True)) * 100
    minutes = 200 * (by_name("keepalive-race").duration_s + BESIDE_THE_LOAD_S) / 4 / 60
    assert outlook(planned, 4) == f"200 runs, 4 side by side: about {minutes:.0f} min"
    assert outlook(planned[:2], 4) == "2 runs, 4 side by side: about 1 min"


def test_proxies_that_are_not_installed_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless they were asked for by name: then the run says what is missing."""
    monkeypatch.setattr(Proxy, "installed", property(lambda proxy: proxy.name == "alb"))
    assert {job.proxy for job in jobs(Wishes())} == {"alb"}
    assert {job.proxy for job in jobs(Wishes(proxies=("nginx",)))} == {"nginx"}


@pytest.mark.parametrize(
    ("wishes", "sentence"),
    [
        (Wishes(faults=("coffee",)), "no such scenario: coffee"),
        (Wishes(proxies=("squid",)), "no such proxy: squid"),
        (Wishes(faults=("name-not-resolved",), proxies=("alb",)), "nothing is left to run"),
    ],
)
def test_wrong_wishes_are_refused(wishes: Wishes, sentence: str) -> None:
    """Before anything runs."""
    with pytest.raises(Why502Error, match=sentence):
        jobs(wishes)


def test_subsets_leave_out_what_a_bundle_does_not_have(tmp_path: Path) -> None:
    """An ALB has no error log: "logs" is its access log, not a subset of its own; metrics it has."""
    for name in ("a_b.log.gz", "capture.pcapng", "host.json", "metrics.json", "changes.csv", "manifest.json"):
        (tmp_path / name).touch()
    found = {subset.name: subset.files(tmp_path) for subset in SUBSETS}
    assert found["access + error log"] is None
    assert found["logs + capture"] == (tmp_path / "a_b.log.gz", tmp_path / "capture.pcapng")
    assert len(found["all"] or ()) == 5
    (tmp_path / "metrics.json").unlink()
    assert SUBSETS[-2].files(tmp_path) is None


def test_real_servers_run_with_the_proxies_in_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each once a seed, beside its twin; never when it has to be quick."""
    monkeypatch.setattr(RealServer, "missing", None)
    wishes = Wishes(seeds=(1, 2), faults=("keepalive-race",), proxies=("nginx", "alb"))
    made = [job for job in jobs(wishes) if job.server]
    assert sorted(Counter(job.server for job in made).items()) == [(name, 4) for name in sorted(REAL_SERVERS)]
    assert {job.proxy for job in made} == {"nginx", "alb"}
    assert made[0].label == "keepalive-race-alb-node-1"
    assert not [job for job in jobs(replace(wishes, quick=True)) if job.server]


def test_faults_that_this_machine_cannot_make_are_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The others run; alone it leaves nothing to run."""
    monkeypatch.setattr(tracking, "NETFILTER", tmp_path)
    wishes = Wishes(faults=("conntrack-full", "keepalive-race"), proxies=("alb",))
    assert {job.scenario for job in jobs(wishes)} == {"keepalive-race"}
    assert "conntrack-full: the kernel tracks no connections (modprobe nf_conntrack)" in not_run(wishes)
    with pytest.raises(Why502Error, match="nothing is left to run"):
        jobs(replace(wishes, faults=("conntrack-full",)))


def test_what_a_machine_lacks_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Servers that were not built and proxies that are not installed, in words; they are left out."""
    monkeypatch.setenv(BUILT, str(tmp_path))
    monkeypatch.setattr(Proxy, "installed", property(lambda proxy: proxy.name == "alb"))
    wishes = Wishes(faults=("keepalive-race",))
    assert {(job.proxy, job.server) for job in jobs(wishes)} == {("alb", None)}
    told = not_run(wishes)
    assert "nginx: not installed" in told
    assert "keepalive-race with go: not run: no go-api (make servers)" in told
