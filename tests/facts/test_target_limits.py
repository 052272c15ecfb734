from __future__ import annotations

import pytest

from why502.facts.scene import Basis, Cluster, Scene
from why502.facts.target_limits import limit_of
from why502.model.case import Case
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Side
from why502.model.settings import Limit, TargetSetting


def backlog(value: float, address: str = "", *hosts: str) -> TargetSetting:
    return TargetSetting("Tomcat", "acceptCount", Limit.BACKLOG, value, Place("server.xml", 3), address, hosts=hosts)


def scene(target: str | None, *settings: TargetSetting) -> Scene:
    cluster = Cluster(Basis.REQUESTS, target, Side.PROXY, Phase.WAIT, Manner.CUT, None, 1, (), None)
    return Scene(Case(target_settings=settings), cluster, None, None, ())


@pytest.mark.parametrize(
    ("target", "settings", "expected"),
    [
        ("10.0.0.7:8080", [backlog(1, "8080"), backlog(5, "9090"), backlog(7)], 1),
        ("10.0.0.7:8080", [backlog(5, "9090")], None),
        ("10.0.0.7:8080", [backlog(7)], 7),
        ("10.0.0.7:8080", [backlog(1), backlog(7)], None),
        ("10.0.0.7:8080", [backlog(7), backlog(7)], 7),
        ("unix:/run/a.sock", [backlog(3, "unix:/run/a.sock"), backlog(4, "unix:/run/b.sock")], 3),
        (None, [backlog(3, "8080")], 3),
        ("10.0.0.7:8080", [], None),
        ("10.0.0.7:8080", [backlog(1, "8080", "10.0.0.7"), backlog(2, "8080", "10.0.0.8"), backlog(3, "8080")], 1),
        ("10.0.0.7:8080", [backlog(1, "", "10.0.0.7"), backlog(2, "9090", "10.0.0.7")], 1),
        ("10.0.0.7:8080", [backlog(2, "8080", "10.0.0.8")], None),
        ("[fd00::7]:8080", [backlog(2, "8080", "10.0.0.7", "fd00::7")], 2),
        ("shop:8080", [backlog(2, "8080", "172.18.0.3", "shop")], 2),
        (None, [backlog(2, "8080", "10.0.0.8"), backlog(2, "8080", "10.0.0.9")], 2),
    ],
)
def test_only_what_can_be_the_targets_counts(
    target: str | None, settings: list[TargetSetting], expected: float | None
) -> None:
    """Another port, or another container, is another server; what is told in two ways is not told."""
    found = limit_of(scene(target, *settings), Limit.BACKLOG)
    assert (found.value if found else None) == expected
