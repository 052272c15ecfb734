from __future__ import annotations

import random

from tests.making import request, served
from why502.facts.concentration import Concentration, concentrations
from why502.facts.traffic import summarise
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Request, Side


def found(requests: list[Request], dimension: str, side: str = "gateway") -> tuple[Concentration, ...]:
    (one,) = (d for d in concentrations(summarise(requests)) if d.name == dimension and d.side == side)
    return one.found


def unjudgeable(requests: list[Request], dimension: str) -> str | None:
    return next(d.unjudgeable for d in concentrations(summarise(requests)) if d.name == dimension)


def test_failures_on_one_of_three_targets() -> None:
    """All on one that serves a third: named with share, ratio and p; its network is no news, for it is that of all."""
    ok = [served(10.0 * i, target=f"10.0.0.{i % 3}:80") for i in range(300)]
    bad = [request(100.0 * i + 5, target="10.0.0.1:80") for i in range(28)]
    (one,) = found(ok + bad, "target")
    assert (one.value, one.failures, one.failures_in_all) == ("10.0.0.1:80", 28, 28)
    assert round(one.share, 2) == 0.33
    assert one.ratio.low > 5
    assert one.p < 1e-9
    assert "all 28 failures on target 10.0.0.1:80, which had 33% of the other requests" in str(one)
    assert found(ok + bad, "target network") == ()


def test_failures_on_one_server_of_haproxy() -> None:
    """It logs the names of its servers and no addresses; a request without a server keeps to none."""
    ok = [served(10.0 * i, proxy="haproxy", target=None, group=f"shop/web{i % 3}") for i in range(300)]
    bad = [request(100.0 * i + 5, proxy="haproxy", target=None, group="shop/web1") for i in range(28)]
    nowhere = [request(100.0 * i + 50, proxy="haproxy", target=None, group="shop") for i in range(9)]
    (one,) = found(ok + bad + nowhere, "server")
    assert "all 28 failures on server shop/web1, which had 33% of the other requests" in str(one)
    assert found(ok + bad, "target") == ()


def test_one_zone() -> None:
    """Targets of one subnet fail, those of the other do not."""
    ok = [served(10.0 * i, target=f"10.0.{i % 2}.{i % 7}:80") for i in range(400)]
    bad = [request(100.0 * i + 5, target=f"10.0.1.{i % 7}:80") for i in range(20)]
    assert [c.value for c in found(ok + bad, "target network")] == ["10.0.1.0/24"]


def test_the_node_in_the_name_of_an_alb_log() -> None:
    """Each node of a balancer writes files of its own."""
    names = [f"1_elasticloadbalancing_us_app.lb.50dc_20261122T2046Z_10.50.{n}.1_8ea3132b.log.gz" for n in (1, 2)]
    ok = [served(10.0 * i, at=Place(names[i % 2], i)) for i in range(200)]
    bad = [request(100.0 * i + 5, at=Place(names[1], 1000 + i)) for i in range(20)]
    assert [c.value for c in found(ok + bad, "balancer node")] == ["10.50.2.1"]


def test_one_edge_location_and_one_node() -> None:
    """CloudFront tells where it took a request in; an ALB's line tells its node, whatever its file is called."""
    for proxy, dimension, other in (
        ("cloudfront", "edge location", "balancer node"),
        ("alb", "balancer node", "edge location"),
    ):
        ok = [served(10.0 * i, proxy=proxy, node=("FRA56-P4", "DUB2-C1", "LHR3")[i % 3]) for i in range(300)]
        bad = [request(100.0 * i + 5, proxy=proxy, node="DUB2-C1") for i in range(20)]
        (one,) = found(ok + bad, dimension)
        assert (one.value, one.failures, round(one.share, 2)) == ("DUB2-C1", 20, 0.33)
        assert unjudgeable(ok + bad, other) == f"no failure tells its {other}"


def test_two_faults_at_once_have_two_places() -> None:
    """Timeouts anywhere hide that all refusals are one target's, unless each manner is looked at by itself."""
    ok = [served(10.0 * i, target=f"10.0.0.{i % 2}:80") for i in range(300)]
    slow = [request(50.0 * i + 3, manner=Manner.TIMEOUT, target=f"10.0.0.{i % 2}:80") for i in range(50)]
    refused = [
        request(150.0 * i + 5, phase=Phase.CONNECT, manner=Manner.REFUSED, target="10.0.0.1:80") for i in range(16)
    ]
    told = [c for d in concentrations(summarise(ok + slow + refused)) for c in d.found]
    assert [(c.dimension, c.value, c.kind, c.failures) for c in told] == [
        ("target", "10.0.0.1:80", "connect, refused", 16)
    ]
    assert "all 16 failures (connect, refused) on target 10.0.0.1:80" in str(told[0])
    only = [c for d in concentrations(summarise(ok + refused)) for c in d.found]
    assert [(c.value, c.kind) for c in only] == [("10.0.0.1:80", "")]


def test_a_page_that_fails_in_all_its_parts_is_one_event() -> None:
    """Twenty failures of one client within a second say nothing about clients; nor do four events."""
    ok = [served(10.0 * i, client=f"192.0.2.{i % 10}:4711") for i in range(300)]
    page = [request(1000.0 + i / 50, client="192.0.2.1:4711") for i in range(20)]
    others = [request(100.0 * i, client=f"192.0.2.{i}:1") for i in range(2, 8)]
    assert found(ok + page + others, "client") == ()
    assert unjudgeable(ok + page, "client") == "1 burst of failures: too few to compare"


def test_clients_behind_one_proxy_cannot_be_compared() -> None:
    """The address is that of the proxy."""
    ok = [served(10.0 * i, client="10.9.9.9:1") for i in range(200)]
    bad = [request(100.0 * i + 5, client="10.9.9.9:2") for i in range(10)]
    assert unjudgeable(ok + bad, "client") == "all requests had the same client"
    other = [served(5.0, client="192.0.2.1:1")]
    assert "hides the clients" in (unjudgeable(ok + bad + other, "client") or "")


def test_paths_are_compared_without_numbers() -> None:
    """Orders fail, whichever; and errors of the target are held apart."""
    ok = [served(10.0 * i, path=("/orders/7", "/menu", "/users/12", "/img")[i % 4]) for i in range(400)]
    bad = [request(100.0 * i, path=f"/orders/{i}", side=Side.TARGET, status=500) for i in range(20)]
    assert [c.value for c in found(ok + bad, "path", "target")] == ["/orders/*"]
    assert {d.side for d in concentrations(summarise(ok + bad))} == {"target"}


def test_failures_that_fall_anywhere_keep_to_nothing() -> None:
    """Logs without a preference: at most 1 of 40 name anything (the tests' level is 1 %)."""
    rng = random.Random(5)
    named = 0
    for _ in range(40):
        ok = [
            served(10.0 * i, target=f"10.0.0.{rng.randrange(4)}:80", path=f"/{rng.choice('abcdef')}") for i in range(80)
        ]
        bad = [
            request(33.0 * i, target=f"10.0.0.{rng.randrange(4)}:80", path=f"/{rng.choice('abcdef')}")
            for i in range(15)
        ]
        named += bool(found(ok + bad, "target") or found(ok + bad, "path"))
    assert named <= 1
