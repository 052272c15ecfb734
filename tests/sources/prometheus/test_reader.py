from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.model.case import KernelEvent, Series
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.prometheus.reader import READER

T = 1435781430

# https://prometheus.io/docs/prometheus/latest/querying/api/, "Range queries", its example response
DOCUMENTED = b"""
{
   "status" : "success",
   "data" : {
      "resultType" : "matrix",
      "result" : [
         {
            "metric" : { "__name__" : "up", "job" : "prometheus", "instance" : "localhost:9090" },
            "values" : [ [ 1435781430.781, "1" ], [ 1435781445.781, "1" ], [ 1435781460.781, "1" ] ]
         },
         {
            "metric" : { "__name__" : "up", "job" : "node", "instance" : "localhost:9091" },
            "values" : [ [ 1435781430.781, "0" ], [ 1435781445.781, "0" ], [ 1435781460.781, "1" ] ]
         }
      ]
   }
}
"""


def counter(metric: str, *values: float, first: int = 0, **labels: Any) -> dict[str, Any]:
    """Samples 60 s apart, the first after `first` of them."""
    pairs = [[T + 60 * number, str(value)] for number, value in enumerate(values, first)]
    return {"metric": {"__name__": metric, "instance": "10.0.0.7:9100", **labels}, "values": pairs}


def answer(*results: object, kind: str = "matrix") -> bytes:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": results}}).encode()


def read(content: bytes) -> Reading:
    return READER.read(EvidenceFile("prom.json", lambda: io.BytesIO(content)))


def series(content: bytes) -> list[Series]:
    return [fact for fact in read(content).facts if isinstance(fact, Series)]


def test_the_documented_answer_is_read() -> None:
    """A metric that judgement does not know keeps its name; labels tell its series apart."""
    assert READER.fit(DOCUMENTED) == 1.0
    first, second = series(DOCUMENTED)
    assert str(first.at) == 'prom.json#up{instance="localhost:9090",job="prometheus"}'
    assert (second.name, second.period_s) == ("up", 15.0)
    assert [value for _, value in second.points] == [0.0, 0.0, 1.0]


def test_busy_processors_come_from_idle_seconds() -> None:
    """Two cores of one machine: the mean of what was not idle; a point stands where its span begins."""
    idle = [counter("node_cpu_seconds_total", 0, 60, 90, cpu="0", mode="idle"),
            counter("node_cpu_seconds_total", 0, 30, 30, cpu="1", mode="idle"),
            counter("node_cpu_seconds_total", 0, 30, 60, cpu="1", mode="user")]  # fmt: skip
    (busy,) = series(answer(*idle))
    assert busy.name == "cpu-busy-ratio"
    assert busy.points == ((T, 0.25), (T + 60, 0.75))
    assert busy.at.name == 'node_cpu_seconds_total{instance="10.0.0.7:9100"}'


def test_memory_in_use_is_what_is_not_available() -> None:
    """Per machine; a container's against its limit, if it has one."""
    results = [
        counter("node_memory_MemAvailable_bytes", 30, 10),
        counter("node_memory_MemTotal_bytes", 100, 100),
        counter("container_memory_working_set_bytes", 50, 90, container="app"),
        counter("container_spec_memory_limit_bytes", 100, 100, container="app"),
        counter("container_memory_working_set_bytes", 50, 90, container="free"),
        counter("container_spec_memory_limit_bytes", 0, 0, container="free"),
    ]
    made = series(answer(*results))
    assert [(s.name, [round(v, 3) for _, v in s.points]) for s in made] == [
        ("memory-used-ratio", [0.7, 0.9]),
        ("memory-used-ratio", [0.5, 0.9]),
    ]


@pytest.mark.parametrize(
    ("metric", "labels"),
    [
        ("nginx_ingress_controller_requests", {"status": "502"}),
        ("haproxy_frontend_http_responses_total", {"code": "5xx"}),
        ("envoy_http_downstream_rq_xx", {"envoy_response_code_class": "5"}),
        ("traefik_entrypoint_requests_total", {"code": "502"}),
        ("istio_requests_total", {"response_code": "503", "reporter": "source"}),
        ("caddy_http_request_duration_seconds_count", {"code": "502"}),
    ],
)
def test_5xx_of_every_proxy_are_counted_as_growth(metric: str, labels: dict[str, Any]) -> None:
    """A counter that fell began anew; other answers do not count."""
    good = {key: value.replace("5", "2", 1).replace("503", "200") for key, value in labels.items()}
    (made,) = series(answer(counter(metric, 5, 7, 1, **labels), counter(metric, 100, 200, 300, **good)))
    assert made.name == "gateway-5xx-count"
    assert made.points == ((T, 2.0), (T + 60, 1.0))


@pytest.mark.parametrize(
    ("flags", "name"),
    [
        ("-", "gateway-target-5xx-count"),
        ("UF", "gateway-connects-failed"),
        ("UF,URX", "gateway-connects-failed"),
        ("UH", "gateway-no-target"),
        ("UO", "gateway-turned-away"),
        ("UT", "gateway-answers-timed-out"),
        ("URX,UC", "gateway-connections-cut"),
        ("UAEX", None),
    ],
)
def test_istio_tells_how_an_answer_came_about(flags: str, name: str | None) -> None:
    """Beside the count of all of them."""
    labels: dict[str, Any] = {"response_code": "503", "reporter": "source", "response_flags": flags}
    made = {s.name: s.points for s in series(answer(counter("istio_requests_total", 5, 7, 8, **labels)))}
    assert made == dict.fromkeys(filter(None, ["gateway-5xx-count", name]), ((T, 2.0), (T + 60, 1.0)))


@pytest.mark.parametrize(
    ("metric", "labels", "name"),
    [
        ("haproxy_server_http_responses_total", {"code": "5xx"}, "gateway-target-5xx-count"),
        ("haproxy_server_connection_errors_total", {}, "gateway-connects-failed"),
        ("haproxy_server_response_errors_total", {}, "gateway-answers-failed"),
    ],
)
def test_haproxy_tells_what_its_servers_did(metric: str, labels: dict[str, Any], name: str) -> None:
    (made,) = series(answer(counter(metric, 5, 7, 8, server="s1", **labels)))
    assert (made.name, made.points) == (name, ((T, 2.0), (T + 60, 1.0)))


def test_a_counter_that_appears_with_the_first_failure_began_at_zero() -> None:
    """Its instance was scraped before, so the first failures are growth too."""
    good = counter("nginx_ingress_controller_requests", 10, 20, 30, status="200")
    bad = counter("nginx_ingress_controller_requests", 3, 4, first=1, status="502")
    (made,) = series(answer(good, bad))
    assert made.points == ((T, 3.0), (T + 60, 1.0))


def test_restarts_of_a_container_are_ends_of_its_process() -> None:
    """kube-state-metrics counts them; a counter that stands still tells of none."""
    restarts = "kube_pod_container_status_restarts_total"
    found = read(answer(counter(restarts, 3, 3, 5, pod="api", container="app"), counter(restarts, 1, 1, 1, pod="db")))
    (ended,) = [fact for fact in found.facts if isinstance(fact, KernelEvent)]
    assert (ended.at_s, ended.kind, ended.text) == (T + 60, "exit", "restarted 2 times")
    assert "app" in (ended.process or "")


def test_throttled_periods_are_a_share_of_the_periods_that_were_added() -> None:
    """Not of all since the container began; a span without periods tells nothing."""
    labels: dict[str, Any] = {"pod": "api", "namespace": "shop"}
    results = [
        counter("container_cpu_cfs_throttled_periods_total", 1000, 1150, 1150, 30, **labels),
        counter("container_cpu_cfs_periods_total", 9000, 9600, 9600, 60, **labels),
    ]
    (made,) = series(answer(*results))
    assert (made.name, made.points) == ("cpu-throttled-ratio", ((T, 0.25), (T + 120, 0.5)))


def test_what_is_told_of_a_pod_has_its_address() -> None:
    """By `kube_pod_info`, of the same name in the same namespace; a restart is an end at that address."""
    info = counter("kube_pod_info", 1, 1, pod="api", namespace="shop", pod_ip="10.0.0.7", host_ip="192.0.2.40")
    restarts = "kube_pod_container_status_restarts_total"
    own = counter(restarts, 0, 1, pod="api", namespace="shop")
    other = counter(restarts, 0, 1, pod="api", namespace="stage")
    found = [fact for fact in read(answer(info, own, other)).facts if isinstance(fact, KernelEvent)]
    assert [(event.addresses, event.text) for event in found] == [
        (("10.0.0.7",), "restarted 1 time"),
        ((), "restarted 1 time"),
    ]


@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("node_netstat_TcpExt_ListenOverflows", "listen-overflows"),
        ("node_vmstat_oom_kill", "machine-oom-kills"),
        ("container_oom_events_total", "container-oom-kills"),
        ("node_nf_conntrack_stat_drop", "conntrack-drops"),
        ("envoy_cluster_upstream_cx_connect_fail", "gateway-connects-failed"),
        ("envoy_cluster_upstream_rq_pending_overflow", "gateway-turned-away"),
    ],
)
def test_counters_of_exporters_are_growth(metric: str, name: str) -> None:
    (made,) = series(answer(counter(metric, 5, 7, 1)))
    assert (made.name, made.points) == (name, ((T, 2.0), (T + 60, 1.0)))


def test_targets_that_are_told_one_by_one_are_added_up() -> None:
    """Caddy and Traefik tell 0 or 1 of each."""
    ups = [counter("caddy_reverse_proxy_upstreams_healthy", *told, upstream=f"10.0.0.{n}:80") for n, told in
           enumerate(((1, 0), (1, 1)))]  # fmt: skip
    (made,) = series(answer(*ups))
    assert (made.name, [value for _, value in made.points]) == ("HealthyHostCount", [2.0, 1.0])


def test_an_instant_vector_is_one_point_each() -> None:
    """What `/api/v1/query` answers."""
    (made,) = series(answer({"metric": {"__name__": "up"}, "value": [T, "1"]}, kind="vector"))
    assert (made.points, made.period_s) == (((T, 1.0),), None)


def test_what_is_no_number_is_no_point() -> None:
    """NaN and infinities; a native histogram and a broken series are counted, each for itself."""
    results = [
        {"metric": {"__name__": "x"}, "values": [[T, "NaN"], [T + 1, "+Inf"], [T + 2, "3"]]},
        {"metric": {}, "histograms": [[T, {"count": "1"}]]},
        {"metric": {"__name__": "y"}, "values": [[T, "three"]]},
        7,
    ]
    told = read(answer(*results)).input
    assert (told.records, told.not_understood) == (1, 3)
    assert series(answer(*results))[0].points == ((T + 2, 3.0),)
    assert str(told.first_not_understood[0].at) == "prom.json#2"
    assert told.first_not_understood[0].why == "a native histogram"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b'{"status":"error","errorType":"bad_data","error":"parse error"}', "parse error"),
        (answer(kind="scalar"), "scalar"),
        (answer()[:-5], "not the JSON of Prometheus"),
        (b"[" * 100_000, "not the JSON of Prometheus"),
    ],
)
def test_what_is_no_answer_says_why(content: bytes, why: str) -> None:
    """Prometheus' own words where it refused."""
    told = read(content).input
    assert (told.records, told.not_understood) == (0, 1)
    assert why in told.first_not_understood[0].why


VALUES = st.recursive(
    st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3),
)


@settings(max_examples=80, deadline=None)
@given(VALUES, VALUES)
def test_any_values_are_read_or_counted(values: object, labels: object) -> None:
    """Whatever stands where samples and labels should."""
    content = answer({"metric": {"__name__": "node_cpu_seconds_total", "mode": "idle"}, "values": values},
                     {"metric": labels, "values": []})  # fmt: skip
    told = read(content).input
    assert told.records + told.not_understood in (1, 2)
