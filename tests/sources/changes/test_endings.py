"""Pods and containers as kubectl and Docker give them."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from why502.model.case import Change, KernelEvent
from why502.sources.changes import described, docker, pods
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading

FINISHED = "2026-11-20T10:00:29Z"
AT_S = 1795168829.0
ADDRESSES = {"podIP": "10.0.0.7", "podIPs": [{"ip": "10.0.0.7"}, {"ip": "fd00::7"}]}
DESCRIBED = """\
Name:             shop-7d9f
Namespace:        prod
Start Time:       Fri, 20 Nov 2026 09:00:00 +0000
IP:               10.0.0.7
IPs:
  IP:           10.0.0.7
  IP:           fd00::7
Controlled By:    ReplicaSet/shop-7d9f
Containers:
  app:
    Container ID:   containerd://1234
    State:          Running
      Started:      Fri, 20 Nov 2026 10:00:31 +0000
    Last State:     Terminated
      Reason:       {reason}
      Exit Code:    {code}
      Started:      Fri, 20 Nov 2026 09:50:00 +0000
      Finished:     Fri, 20 Nov 2026 10:00:29 +0000
    Ready:          True
    Restart Count:  4
Events:           <none>
"""


def recognised(text: str) -> Reading:
    """Read by whatever reader its content asks for."""
    reader = recognise(text.encode())
    assert reader is not None
    return reader.read(EvidenceFile("evidence", lambda: BytesIO(text.encode())))


def pod(**terminated: object) -> dict[str, object]:
    container = {
        "name": "app",
        "restartCount": 1,
        "state": {"running": {"startedAt": FINISHED}},
        "lastState": {"terminated": {"finishedAt": FINISHED, **terminated}} if terminated else {},
    }
    return {"kind": "Pod", "metadata": {"name": "shop-7d9f"}, "status": {**ADDRESSES, "containerStatuses": [container]}}


def container(*, running: bool = False, restarts: int = 0, **state: object) -> str:
    told = {"Running": running, "OOMKilled": False, "ExitCode": 0, "FinishedAt": FINISHED, **state}
    return json.dumps([{"Id": "1234", "Name": "/shop", "State": told, "RestartCount": restarts}])


@pytest.mark.parametrize(
    ("reason", "code", "kind"), [("OOMKilled", 137, "oom"), ("Error", 1, "exit"), ("Error", 137, "exit")]
)
def test_a_container_of_a_pod_that_died_is_a_death(reason: str, code: int, kind: str) -> None:
    """Alone, in a list, and described: the same."""
    alone = pod(reason=reason, exitCode=code)
    texts = (
        json.dumps(alone),
        json.dumps({"kind": "List", "items": [alone]}),
        DESCRIBED.format(reason=reason, code=code),
    )
    for text in texts:
        reading = recognised(text)
        (event,) = reading.facts
        assert isinstance(event, KernelEvent)
        assert (event.kind, event.at_s, event.process) == (kind, AT_S, "shop-7d9f/app")
        assert event.addresses == ("10.0.0.7", "fd00::7")
        assert (reading.input.records, reading.input.not_understood) == (1, 0)


def test_a_container_that_was_told_to_end_is_a_change() -> None:
    for text in (json.dumps(pod(reason="Error", exitCode=143)), DESCRIBED.format(reason="Completed", code=0)):
        (change,) = recognised(text).facts
        assert isinstance(change, Change)
        assert change.at_s == AT_S


def test_a_pod_whose_containers_never_ended_tells_nothing() -> None:
    reading = recognised(json.dumps(pod()))
    assert (reading.facts, reading.input.records, reading.input.not_understood) == ((), 1, 0)


def test_docker_tells_how_a_container_ended() -> None:
    (killed,) = recognised(container(OOMKilled=True, ExitCode=137)).facts
    (died,) = recognised(container(ExitCode=139)).facts
    (stopped,) = recognised(container(ExitCode=143)).facts
    assert isinstance(killed, KernelEvent)
    assert isinstance(died, KernelEvent)
    assert (killed.kind, died.kind, died.at_s, died.process) == ("oom", "exit", AT_S, "shop")
    assert isinstance(stopped, Change)


def test_docker_tells_who_started_a_container_again() -> None:
    """Its policy, because it had ended by itself; or somebody."""
    (died,) = recognised(container(running=True, restarts=2)).facts
    (started,) = recognised(container(running=True)).facts
    assert isinstance(died, KernelEvent)
    assert isinstance(started, Change)


def test_docker_tells_the_addresses_of_a_container() -> None:
    """Of every network; they are empty while it does not run, and `podman` may leave them out."""
    (told,) = json.loads(container(running=True, restarts=1))
    networks = {"shop": {"IPAddress": "172.18.0.3", "GlobalIPv6Address": ""}, "off": {"IPAddress": ""}}
    (event,) = recognised(json.dumps([{**told, "NetworkSettings": {"Networks": networks}}])).facts
    (other,) = recognised(json.dumps([{**told, "NetworkSettings": {"Networks": None}}])).facts
    assert isinstance(event, KernelEvent)
    assert isinstance(other, KernelEvent)
    assert (event.addresses, other.addresses) == (("172.18.0.3",), ())


def test_a_container_that_never_ended_has_the_year_1() -> None:
    assert recognised(container(running=True, FinishedAt="0001-01-01T00:00:00Z")).facts == ()


@pytest.mark.parametrize("text", ["{", '{"items": [3], "kind": "Pod"}', "[[]]", '{"kind": "Node"}'])
def test_what_is_no_such_document_is_counted(text: str) -> None:
    for reader in (pods, docker):
        reading = reader.read(EvidenceFile("evidence", lambda: BytesIO(text.encode())))
        assert (reading.input.records, reading.input.not_understood) == (0, 1)
    nothing = described.read(EvidenceFile("evidence", lambda: BytesIO(text.encode())))
    assert nothing.input.not_understood == 1
