"""Counters of exporters beside a proxy's log: what grew while requests failed, and what did not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from why502.diagnosis import diagnose

if TYPE_CHECKING:
    from pathlib import Path

    from why502.model.verdict import Diagnosis, SuspectLine

T = 1795168800
MINUTES = 60
FAILING = frozenset({20, 21, 40})
OWN, OTHER = "10.0.0.7:9100", "10.0.0.9:9100"
CUT = 'rt=0.012 uct="0.000" uht="-" urt="0.012" us="502"'
SERVED = 'rt=0.010 uct="0.000" uht="0.010" urt="0.010" us="200"'


def log() -> str:
    """Two requests a minute; those of three minutes were cut."""
    lines = []
    for minute in range(MINUTES):
        for second in (10, 35):
            at = datetime.fromtimestamp(T + 60 * minute + second, UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
            status, times = (502, CUT) if minute in FAILING else (200, SERVED)
            request = '"GET /a HTTP/1.1"'
            lines.append(f'192.0.2.1 - - [{at}] {request} {status} 157 "-" "curl/8" {times} ua="10.0.0.7:8000"')
    return "\n".join(lines) + "\n"


def series(metric: str, values: list[float], **labels: str) -> dict[str, Any]:
    """A sample a minute, as `query_range` answers with `step=60`."""
    pairs = [[T + 60 * number, f"{value:g}"] for number, value in enumerate(values)]
    return {"metric": {"__name__": metric, **labels}, "values": pairs}


def counter(metric: str, grows: frozenset[int] = FAILING, by: float = 7, **labels: str) -> dict[str, Any]:
    """Grows in these minutes alone; it began anew once, as counters do."""
    values, value = [], 1000.0
    for minute in range(MINUTES + 1):
        value = 0.0 if minute == 10 else value
        values.append(value)
        value += by if minute in grows else 0.0
    return series(metric, values, **labels)


def gauge(metric: str, during: float, otherwise: float, **labels: str) -> dict[str, Any]:
    return series(metric, [during if minute in FAILING else otherwise for minute in range(MINUTES)], **labels)


def diagnosed(folder: Path, *results: dict[str, Any]) -> Diagnosis:
    (folder / "access.log").write_text(log())
    answer = {"status": "success", "data": {"resultType": "matrix", "result": results}}
    (folder / "prometheus.json").write_text(json.dumps(answer))
    diagnosis = diagnose([str(folder)])
    assert diagnosis.defects == ()
    return diagnosis


def line(diagnosis: Diagnosis, cause: str) -> SuspectLine:
    return next(s for s in diagnosis.document.suspects if s.cause == cause)


def test_overflows_of_the_targets_machine_speak_for_its_accept_queue(tmp_path: Path) -> None:
    told = line(
        diagnosed(tmp_path, counter("node_netstat_TcpExt_ListenOverflows", instance=OWN)), "accept-queue-overflow"
    )
    assert told.status in ("suspected", "convicted")
    assert (told.probability or 0.0) > 0.5
    found = diagnosed(tmp_path, counter("node_netstat_TcpExt_ListenOverflows", instance=OWN)).document.verdicts
    texts = [e.text for v in found if v.cause == "accept-queue-overflow" for e in v.evidence]
    assert any(
        "grew by 21 in the 3 spans with failures, by 0 in the 57 others (p < 0.001, rank test)" in t for t in texts
    )


@pytest.mark.parametrize(
    "other",
    [
        counter("node_netstat_TcpExt_ListenOverflows", instance=OTHER),
        counter("node_netstat_TcpExt_ListenOverflows", frozenset(), instance=OWN),
        counter("node_netstat_TcpExt_ListenOverflows", frozenset(range(60)), instance=OWN),
        counter("node_netstat_TcpExt_ListenOverflows", frozenset({3, 20, 33, 51}), instance=OWN),
    ],
    ids=["another machine", "it stands still", "it grows all the time", "it grows at other times"],
)
def test_overflows_that_do_not_go_along_change_nothing(tmp_path: Path, other: dict[str, Any]) -> None:
    (tmp_path / "without").mkdir()
    (tmp_path / "with").mkdir()
    without = line(diagnosed(tmp_path / "without", gauge("up", 1, 1, instance=OWN)), "accept-queue-overflow")
    with_ = line(diagnosed(tmp_path / "with", other), "accept-queue-overflow")
    assert with_.probability == without.probability


@pytest.mark.parametrize(
    ("results", "cause"),
    [
        ([counter("node_vmstat_oom_kill", by=1, instance=OWN)], "oom-killed"),
        ([counter("container_oom_events_total", by=1, pod="shop-1", namespace="shop", instance=OTHER)], "oom-killed"),
        (
            [
                counter("container_cpu_cfs_periods_total", frozenset(range(60)), 600, pod="shop-1", namespace="shop"),
                counter("container_cpu_cfs_throttled_periods_total", by=550, pod="shop-1", namespace="shop"),
            ],
            "cpu-saturated",
        ),
        (
            [gauge("process_open_fds", 1024, 90, instance=OWN), gauge("process_max_fds", 1024, 1024, instance=OWN)],
            "descriptors-exhausted",
        ),
        (
            [
                gauge("node_nf_conntrack_entries", 65536, 9000, instance=OWN),
                gauge("node_nf_conntrack_entries_limit", 65536, 65536, instance=OWN),
                counter("node_nf_conntrack_stat_drop", instance=OWN),
            ],
            "conntrack-full",
        ),
    ],
    ids=["oom-machine", "oom-container", "throttled", "descriptors", "conntrack"],
)
def test_what_ran_out_just_when_requests_failed_is_held(
    tmp_path: Path, results: list[dict[str, Any]], cause: str
) -> None:
    """With the address of the pod from kube-state-metrics, where there is a pod."""
    pod = gauge("kube_pod_info", 1, 1, pod="shop-1", namespace="shop", pod_ip="10.0.0.7", host_ip="192.0.2.40")
    told = line(diagnosed(tmp_path, *results, pod), cause)
    assert told.status in ("suspected", "convicted"), told.why
    assert (told.probability or 0.0) > 0.5, told.why


@pytest.mark.parametrize("cause", ["oom-killed", "cpu-saturated", "target-crashed"])
def test_another_pods_counters_hold_nothing(tmp_path: Path, cause: str) -> None:
    labels = {"pod": "other-1", "namespace": "shop"}
    results = [
        gauge("kube_pod_info", 1, 1, pod_ip="10.0.0.70", host_ip="192.0.2.40", **labels),
        counter("container_oom_events_total", by=1, **labels),
        counter("kube_pod_container_status_restarts_total", by=1, container="app", **labels),
        counter("container_cpu_cfs_periods_total", frozenset(range(60)), 600, **labels),
        counter("container_cpu_cfs_throttled_periods_total", by=550, **labels),
    ]
    diagnosis = diagnosed(tmp_path, *results)
    told = line(diagnosis, cause)
    assert cause not in {b.condition for v in diagnosis.document.verdicts for b in v.because}
    assert told.status in ("cleared", "not-examined", "suspected")
    assert (told.probability or 0.0) < 0.2, told.why


def test_restarts_of_its_container_speak_for_a_crash(tmp_path: Path) -> None:
    labels = {"pod": "shop-1", "namespace": "shop"}
    pod = gauge("kube_pod_info", 1, 1, pod_ip="10.0.0.7", host_ip="192.0.2.40", **labels)
    diagnosis = diagnosed(tmp_path, pod, counter("kube_pod_container_status_restarts_total", by=1, **labels))
    told = line(diagnosis, "target-crashed")
    assert (told.probability or 0.0) > 0.5, told.why


def test_use_of_another_machine_clears_nobody(tmp_path: Path) -> None:
    """It is not that it was looked at and found fine."""
    busy = [counter("node_cpu_seconds_total", frozenset(range(60)), 42, cpu="0", mode="idle", instance=OTHER)]
    told = line(diagnosed(tmp_path, *busy), "cpu-saturated")
    assert told.status == "not-examined"
    assert told.why == (
        f'the processor use given is that of others (node_cpu_seconds_total{{instance="{OTHER}"}}), '
        "not of 10.0.0.7:8000"
    )


def test_use_of_the_machine_that_runs_the_pod_clears_it(tmp_path: Path) -> None:
    node = "192.0.2.40:9100"
    busy = counter("node_cpu_seconds_total", frozenset(range(60)), 42, cpu="0", mode="idle", instance=node)
    pod = gauge("kube_pod_info", 1, 1, pod="shop-1", namespace="shop", pod_ip="10.0.0.7", host_ip="192.0.2.40")
    told = line(diagnosed(tmp_path, busy, pod), "cpu-saturated")
    assert told.status == "cleared"
    assert told.why.startswith("processor use: while requests failed 30% (median), otherwise 30% (median), p = ")
