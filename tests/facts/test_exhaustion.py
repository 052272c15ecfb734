from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.making import case, host, listener, request, snapshot
from why502.facts.clusters import clusters
from why502.facts.exhaustion import descriptors, named, ports, told_full, tracking
from why502.facts.listeners import listener_windows
from why502.facts.scene import Scene
from why502.model.case import Case, KernelEvent
from why502.model.evidence import Place
from why502.model.host import Conntrack, Destination, HostRecord, Process, Snapshot
from why502.model.requests import Manner, Phase

TARGET = "10.0.0.7:8080"


def _scene(whole: Case) -> Scene:
    windows = tuple(listener_windows(whole.hosts[0], "host.json")) if whole.hosts else ()
    (cluster,) = clusters(whole, windows)
    return Scene(whole, cluster, None, None, windows)


def _exhausted(reason: str) -> Case:
    return case(request(100.0, status=502, phase=Phase.CONNECT, manner=Manner.EXHAUSTED, reason=reason))


def _watched(*looks: Snapshot) -> Case:
    whole = case(request(100.0, phase=Phase.CONNECT, manner=Manner.TIMEOUT))
    return msgspec.structs.replace(whole, hosts=(host(*looks),))


def _space(at_s: float, **fields: Any) -> Snapshot:
    look = snapshot(at_s, listener())
    return msgspec.structs.replace(look, namespaces=(msgspec.structs.replace(look.namespaces[0], **fields),))


def _process(at_s: float, *processes: Process) -> Snapshot:
    return msgspec.structs.replace(snapshot(at_s, listener()), processes=processes)


@pytest.mark.parametrize(
    ("reason", "resource"),
    [
        ("socket() failed (24: Too many open files) while connecting to upstream", "descriptors"),
        ("socket() failed (23: Too many open files in system) while connecting to upstream", "descriptors"),
        ("connect() to 10.0.0.7:8080 failed (99: Cannot assign requested address)", "ports"),
        ("dial tcp 10.0.0.7:8080: connect: cannot assign requested address", "ports"),
        ("backend default: fail errno 99 (Cannot assign requested address)", "ports"),
        ("512 worker_connections are not enough while connecting to upstream", "connections"),
        ("no free slot", None),
    ],
)
def test_a_proxy_names_the_resource_that_it_lacks(reason: str, resource: str | None) -> None:
    """By the words of strerror, or the number before them."""
    found = named(_scene(_exhausted(reason)).cluster)
    assert (found.resource if found else None) == resource


def test_other_failures_name_no_resource() -> None:
    """Whatever number stands in their words."""
    whole = case(request(100.0, phase=Phase.CONNECT, manner=Manner.TIMEOUT, reason="after 2 tries (24: x)"))
    assert named(_scene(whole).cluster) is None


def test_the_peak_of_open_files_counts_for_each_process() -> None:
    """The target's own apart from the others'; a limit of 0 is no limit to come near to."""
    own, other = Process(77, "api", "api", start_s=1.0), Process(5, "nginx", "nginx", start_s=1.0)
    looks = [
        _process(
            at_s,
            msgspec.structs.replace(own, fds_open=used, fds_limit=64),
            msgspec.structs.replace(other, fds_open=9, fds_limit=1024),
            Process(6, "idle", "idle", fds_open=1, fds_limit=0),
        )
        for at_s, used in ((99.0, 10), (100.0, 63), (101.0, 12))
    ]
    targets, others = descriptors(_scene(_watched(*looks)))
    assert [(use.who, use.used, use.limit) for use in targets] == [("api 77", 63, 64)]
    assert [(use.who, use.used, use.limit) for use in others] == [("nginx 5", 9, 1024)]


def test_files_open_between_two_looks_count() -> None:
    """A burst of half a second is over at the next look."""
    own = Process(77, "api", "api", start_s=1.0, fds_limit=24)
    looks = [
        _process(at_s, msgspec.structs.replace(own, fds_open=used, fds_open_max=most))
        for at_s, used, most in ((99.0, 7, None), (100.0, 19, 24), (101.0, 9, None))
    ]
    (use,), _ = descriptors(_scene(_watched(*looks)))
    assert (use.used, use.limit) == (24, 24)


def test_only_ports_towards_the_target_count() -> None:
    """At their peak; other destinations have ports of their own."""
    looks = [
        _space(
            at_s,
            ephemeral_first=40_000,
            ephemeral_last=40_019,
            destinations=(Destination("10.9.9.9:53", 20), Destination(TARGET, used, used)),
        )
        for at_s, used in ((99.0, 3), (100.0, 19), (101.0, 4))
    ]
    (use,) = ports(_scene(_watched(*looks)))
    assert (use.used, use.limit, use.detail) == (19, 20, "19 of them in TIME_WAIT")


def test_what_conntrack_dropped_before_is_no_loss_of_now() -> None:
    """Differences, not totals; with one look nothing can be compared."""
    first, last = (_space(at_s, conntrack=Conntrack(entries, 100, 7)) for at_s, entries in ((99.0, 100), (101.0, 60)))
    (watched,) = tracking(_watched(first, last))
    assert (watched.dropped, watched.most.used, watched.most.share) == (0, 100, 1.0)
    (seen_once,) = tracking(_watched(first))
    assert seen_once.dropped is None
    assert tracking(_watched(snapshot(99.0, listener()))) == []


def test_the_kernels_words_count_near_the_failures() -> None:
    """A table that was full hours ago dropped nothing now."""
    events = tuple(KernelEvent(at_s, "conntrack-full", Place("kernel.json", 1)) for at_s in (90.0, 9_000.0))
    whole = case(request(100.0, phase=Phase.CONNECT, manner=Manner.TIMEOUT))
    scene = _scene(msgspec.structs.replace(whole, events=events))
    assert [event.at_s for event in told_full(scene)] == [90.0]


def test_an_empty_record_tells_nothing() -> None:
    """Nobody looked."""
    scene = _scene(case(request(100.0, phase=Phase.CONNECT, manner=Manner.TIMEOUT)))
    assert descriptors(scene) == ([], [])
    assert (ports(scene), tracking(scene.case)) == ([], [])
    assert tracking(Case(hosts=(HostRecord("", "", "", None, ()),))) == []
