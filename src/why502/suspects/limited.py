"""How suspects weigh what limits the target by its configuration or command line; where none is given, nothing is said.

A file may not be the one in force, so that none of this decides alone: it weighs with failures that agree with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.backlog import SMALLEST_BACKLOG
from why502.facts.target_limits import crowd, killed, limit_of
from why502.facts.timers import pool_timers
from why502.facts.told_limits import closes_after
from why502.model.evidence import Evidence, Source
from why502.model.settings import Limit
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene
    from why502.model.settings import TargetSetting

AMPLE = 128
FEWEST = 2
MOST = 0.6
FEWEST_GIVEN_UP = 3


def keepalive_against(
    scene: Scene, idle_s: float, *, agrees: float, keeps_longer: float, shorter: float
) -> Iterator[Evidence]:
    """The target's own timeout against the silence before failures, else against the proxy's pool.

    `agrees`: bits if it is that silence; `keeps_longer`: if it would not have closed them yet, or not before the proxy;
    `shorter`: if it closes idle connections before the proxy does, as far as configurations of both are given.
    """
    found = limit_of(scene, Limit.KEEPALIVE)
    if found is None:
        return
    if found.value == 0:
        text = f"{_words(found)}: it closes each connection after its answer, so that none is idle"
        yield Evidence(_against(scene, keeps_longer), text, Source.CONFIGURATION, found.at)
        return
    if idle_s and closes_after(found, idle_s):
        text = f"{_words(found)}, the silence of {idle_s:.1f} s after which they failed"
        yield Evidence(agrees, text, Source.CONFIGURATION, found.at)
    elif idle_s and idle_s < found.value:
        text = f"{_words(found)}: idle for {idle_s:.1f} s, they were not due to be closed"
        yield Evidence(_against(scene, keeps_longer), text, Source.CONFIGURATION, found.at)
    elif pools := _pools(scene):
        kept_s = max(pools)
        if kept_s < found.value:
            text = f"{_words(found)}, and the proxy's {kept_s:g} s: the proxy closes idle connections first"
            yield Evidence(_against(scene, keeps_longer), text, Source.CONFIGURATION, found.at)
        else:
            text = f"{_words(found)}, and the proxy keeps idle connections for {kept_s:g} s"
            yield Evidence(shorter, text, Source.CONFIGURATION, found.at)


def _against(scene: Scene, bits: float) -> float:
    """The wire is proof, whatever a file says: there it counts half."""
    return bits / 2 if scene.cluster.conversations else bits


def _pools(scene: Scene) -> tuple[float, ...]:
    proxies = {p.request.proxy for p in scene.cluster.logged}
    return tuple(s.seconds for s in pool_timers(scene.case.settings, proxies, None) if s.seconds)


def _words(found: TargetSetting) -> str:
    return f"by its configuration the target's idle timeout is {found.value:g} s ({found.name} of {found.server})"


def backlog(scene: Scene) -> tuple[TargetSetting, int, str] | None:
    """The backlog that is asked for, what the kernel makes of it, and of whom it is; None: not told.

    `listen()` is given no more than `net.core.somaxconn` of its network namespace (`__sys_listen`, net/socket.c).
    """
    found = limit_of(scene, Limit.BACKLOG)
    if found is None:
        return None
    limits = {n.somaxconn for h in scene.case.hosts for s in h.snapshots for n in s.namespaces if n.somaxconn}
    somaxconn = limits.pop() if len(limits) == 1 else None
    if somaxconn is not None and somaxconn < found.value:
        return found, somaxconn, f"{found} is capped by net.core.somaxconn {somaxconn}"
    return found, int(found.value), f"{found}: by its configuration the accept queue holds {found.value + 1:g}"


def backlog_small(scene: Scene, *, small: float, ample: float) -> Iterator[Evidence]:
    """For want of a look at the listener itself, which tells it for certain."""
    told = backlog(scene) if not scene.listeners else None
    if told is None:
        return
    found, effective, text = told
    if effective < SMALLEST_BACKLOG:
        yield Evidence(small, text, Source.CONFIGURATION, found.at)
    elif effective >= AMPLE:
        yield Evidence(ample, text, Source.CONFIGURATION, found.at)


def killed_when_due(scene: Scene) -> Iterator[Evidence]:
    """Requests that the target cut off just when its server kills a worker that takes so long."""
    found = killed(scene)
    if found is not None and found.then >= FEWEST and found.then >= MOST * found.known:
        # Whoever dies by itself does so after any time; one agreement may be chance, each further one hardly is.
        text = f"{found.then} of {found.known} requests were cut off when {found.setting} had run out"
        yield Evidence(min(6.0, 2.0 + found.then), text, Source.CONFIGURATION, found.setting.at)


def killed_by_setting(scene: Scene) -> bool:
    return next(killed_when_due(scene), None) is not None


def workers_busy(scene: Scene) -> Iterator[Evidence]:
    """As many requests in flight as the target has workers, when those came that were given up."""
    found = crowd(scene)
    if found is None or found.given_up < FEWEST_GIVEN_UP:
        return
    given_up = count(found.given_up, "request")
    if found.all_busy >= MOST * found.given_up:
        text = f"{found.all_busy} of {given_up} given up came while {found.setting} were all taken"
        yield Evidence(2.5, text, Source.CONFIGURATION, found.setting.at)
    elif 2 * found.most < found.setting.value:
        # Other proxies may have been served meanwhile, and a pool behind the workers may be smaller.
        text = f"at most {found.most} others were in flight as {given_up} came that were given up: {found.setting}"
        yield Evidence(-1.5, text, Source.CONFIGURATION, found.setting.at)
