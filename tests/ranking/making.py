"""Facts made by hand, for tests of judgement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from why502.model.case import Case, Input, Window
from why502.model.evidence import Evidence, Place, Source
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
