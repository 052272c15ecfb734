"""Descriptors exhausted

What happens
------------
A process has as many files and sockets open as it may (RLIMIT_NOFILE, `ulimit -n`). `accept`, `socket` and `open` fail
with EMFILE: a target takes no more connections and its accept queue fills up, a proxy opens none towards its targets.

How it looks from the proxy
---------------------------
At the target: like a full accept queue, or like workers that are all busy. At the proxy: nginx answers 500 and logs
`socket() failed (24: Too many open files) while connecting to upstream`; Apache, Traffic Server and Envoy name the
errno too.

What gives it away
------------------
The proxy's own words; or the open files of the process against its limit, at their peak while requests failed.

What clears it
--------------
Open files that stayed far below the limit all the time, of the very process.

What to do
----------
Raise the limit where the service is started (systemd LimitNOFILE=, worker_rlimit_nofile, --ulimit nofile=); look for
descriptors that are never closed.

Sources
-------
getrlimit(2), accept(2), proc(5) /proc/PID/fd and limits; nginx `ngx_event_connect_peer`, `ngx_event_accept`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.exhaustion import descriptors, named
from why502.facts.metered import DESCRIPTORS, metered
from why502.model.evidence import Evidence, Source
from why502.model.requests import Manner
from why502.model.verdict import Remedy
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed
from why502.suspects.metered import bits_of

if TYPE_CHECKING:
    from why502.facts.exhaustion import Use
    from why502.facts.scene import Scene

NONE_LEFT: Final = 0.98
"""Share of the limit. A look comes every second, and what fails is given back at once: 2 % of slack for that."""
MOST: Final = 8.0
"""As many bits as a look at the host: metrics are taken every 15 or 60 s."""
ROOM: Final = 0.8
"""Share of the limit below which a burst between two looks is no explanation."""


def judge(scene: Scene) -> Judgement:
    told = named(scene.cluster)
    if told is not None:
        # No other resource has this errno, and a proxy names but the one that it lacks.
        own = told.resource == "descriptors"
        text = f"the proxy names {'it' if own else 'something else'}: {told.request.reason}"
        return Weighed((Evidence(9.0 if own else -7.0, text, Source.ERROR_LOG, told.request.told_at),), text)
    targets, others = descriptors(scene)
    exhausted = scene.cluster.manner is Manner.EXHAUSTED
    looked = others if exhausted else targets
    if not looked and (by_metrics := _metered(scene)) is not None:
        return by_metrics
    if not looked:
        what = "the proxy's" if exhausted else "the target's"
        return CannotTell((Source.HOST,), f"the open files of {what} process were not seen")
    use = max(looked, key=lambda one: one.share)
    text = f"{use.who} had up to {use.used} of {use.limit} files open ({use.share:.0%})"
    fills = {} if use.pid is None else {"PID": str(use.pid)}
    return Weighed((Evidence(_bits(use, exhausted=exhausted), text, Source.HOST, use.at),), text, fills=fills)


def _metered(scene: Scene) -> Weighed | None:
    """A process that tells of itself, at its limit in the spans in which requests failed and in hardly any other.

    Machines run several processes that do; below the limit they clear only themselves.
    """
    full = [one for one in metered(scene, {DESCRIPTORS}) if one.holds and (one.peak or 0.0) >= NONE_LEFT]
    if not full:
        return None
    best = max(full, key=lambda one: bits_of(one, MOST))
    text = f"open files against their limit ({best.at.name}): {best.compared}"
    return Weighed((Evidence(bits_of(best, MOST), text, Source.METRICS, best.at),), text)


def _bits(use: Use, *, exhausted: bool) -> float:
    if use.share >= NONE_LEFT:
        # At its limit while requests failed: hardly a process lives there otherwise.
        return 8.0
    if use.share >= ROOM:
        return 0.0
    # Another process than those that were seen may be the proxy: what was seen clears only itself.
    return -2.0 if exhausted else -7.0


SUSPECT = Suspect(
    name="descriptors-exhausted",
    kind=Kind.CONDITION,
    title="a process was out of file descriptors",
    prior=0.02,
    judge=judge,
    explains=("accept-queue-overflow", "worker-pool-exhausted", "proxy-exhausted", "target-too-slow"),
    remedies=(
        Remedy(
            "Raise its limit of open files where it is started (systemd LimitNOFILE=; nginx: worker_rlimit_nofile)."
        ),
        Remedy("See which descriptors it never closes.", "sudo ls -l /proc/PID/fd"),
    ),
)
