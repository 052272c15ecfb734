"""Facts made by hand, for tests of judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from why502.model.case import Case, Input, Window
from why502.model.conversations import Conversation, Outcome
from why502.model.evidence import Evidence, Place, Source
from why502.model.host import HOST_SCHEMA, HostRecord, Listener, Namespace, Process, Resources, Snapshot
from why502.model.requests import Manner, Phase, Request, Side
from why502.suspects.interface import Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene
    from why502.suspects.interface import Judgement

HERE = Place("access.log", 1)


def request(at_s: float = 100.0, **fields: Any) -> Request:
    """A request that the target cut 12 ms after it was sent, unless `fields` say otherwise."""
    made: dict[str, Any] = {
        "proxy": "alb",
        "at": HERE,
        "start_s": at_s - 0.013,
        "end_s": at_s,
        "status": 502,
        "side": Side.PROXY,
        "phase": Phase.WAIT,
        "manner": Manner.CUT,
        "target": "10.0.0.7:8080",
        "connect_s": 0.001,
        "wait_s": 0.012,
        "total_s": 0.013,
    }
    return Request(**{**made, **fields})


def served(at_s: float, **fields: Any) -> Request:
    """A request that was answered."""
    ok: dict[str, Any] = {"status": 200, "side": Side.TARGET, "phase": Phase.DONE, "manner": None}
    return request(at_s, **{**ok, "target_status": 200, **fields})


def conversation(at_s: float = 100.0, outcome: Outcome = Outcome.RESET_UNACKNOWLEDGED, **fields: Any) -> Conversation:
    """A conversation that ended at `at_s`, 12 ms after its request."""
    made: dict[str, Any] = {
        "opener": "10.0.0.1:40000",
        "target": "10.0.0.7:8080",
        "outcome": outcome,
        "at": Place("capture.pcap", 1, mark="#"),
        "decided_at": Place("capture.pcap", 9, mark="#"),
        "first_s": at_s - 0.013,
        "last_s": at_s,
        "opened": True,
        "syn_s": (at_s - 0.013,),
        "request_s": at_s - 0.012,
        "end_s": at_s,
    }
    return Conversation(**{**made, **fields})


def listener(**fields: Any) -> Listener:
    """0.0.0.0:8080 with a backlog of 1 and nothing dropped."""
    made: dict[str, Any] = {
        "address": "0.0.0.0:8080", "netns": 1, "inode": 11, "backlog": 1, "queue_len": 0, "drops": 0, "pids": (77,),
    }  # fmt: skip
    return Listener(**{**made, **fields})


def snapshot(at_s: float, *listeners: Listener, overflows: int = 0, **resources: Any) -> Snapshot:
    """One look at a host with one network namespace whose somaxconn is 128."""
    space = Namespace(inode=1, somaxconn=128, counters={"ListenOverflows": overflows, "SyncookiesFailed": 0})
    owner = Process(pid=77, name="api", command="api --port 8080", start_s=1.0)
    return Snapshot(at_s, listeners, (space,), (owner,), Resources(**resources))


def host(*snapshots: Snapshot) -> HostRecord:
    return HostRecord(HOST_SCHEMA, "target", "6.18", 0.0, snapshots)


def log_input(records: int = 1, source: Source = Source.ACCESS_LOG) -> Input:
    return Input("access.log", "alb-access-log", source, records, window=Window(0.0, 1000.0))


def fault(name: str, bits: float, prior: float = 0.1, **fields: Any) -> Suspect:
    """A suspect with one piece of evidence, whatever the scene."""

    def judge(_: Scene) -> Judgement:
        return Weighed((Evidence(bits, f"{name} did it", Source.ACCESS_LOG, HERE),), f"it was {name}")

    return Suspect(**{"name": name, "kind": Kind.FAULT, "title": name, "prior": prior, "judge": judge, **fields})


def case(*requests: Request) -> Case:
    from why502.facts.traffic import summarise

    return Case(inputs=(log_input(len(requests)),), traffic=summarise(requests))
