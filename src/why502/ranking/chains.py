"""The chain from one failed request to what caused it, link by link, missing links named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.following import untold_changes
from why502.facts.ladders import ladder
from why502.facts.scene import Basis
from why502.model.evidence import Source
from why502.model.outcome_meanings import MEANINGS
from why502.model.verdict import Ladder, Link
from why502.model.words import rfc3339
from why502.suspects.interface import Weighed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from why502.facts.scene import Failure, Scene
    from why502.ranking.weigh import Ranked


def chain(group: Sequence[Ranked]) -> tuple[Link, ...]:
    """For the failure of this verdict that the evidence shows best."""
    scene, failure = _example(group)
    listener, process, setting = _listener(scene)
    told = _told(group) if not scene.listeners else None
    return (
        _request(scene, failure), _conversation(scene, failure), listener, process, told or setting, _change(scene)
    )  # fmt: skip


def _told(group: Sequence[Ranked]) -> Link | None:
    """What a configuration or a command line says for the cause, where nobody looked at the listener itself."""
    answers = [answer for r in group if isinstance(answer := r.answers.get(r.top[0]), Weighed)]
    found = [e for answer in answers for e in answer.evidence if e.source is Source.CONFIGURATION and e.bits > 0]
    best = max(found, key=lambda e: e.bits, default=None)
    return Link("setting", best.text, str(best.at)) if best else None


def example_ladder(group: Sequence[Ranked]) -> Ladder | None:
    """Of the same failure; else of the first one whose packets were kept."""
    _, failure = _example(group)
    others = (f for r in group for f in r.cluster.failures)
    conversations = (f.conversation for f in ((failure, *others) if failure else others) if f.conversation)
    return next((found for found in map(ladder, conversations) if found), None)


def _example(group: Sequence[Ranked]) -> tuple[Scene, Failure | None]:
    best = max(group, key=lambda r: max((_shown(f) for f in r.cluster.failures), default=0))
    return best.scene, max(best.cluster.failures, key=_shown, default=None)


def _shown(failure: Failure) -> int:
    return 2 * (failure.logged is not None) + 2 * (failure.conversation is not None) + failure.conversation_sure


def _missing(name: str, why: str) -> Link:
    return Link(name, why, None)


def _request(scene: Scene, failure: Failure | None) -> Link:
    if failure is None or failure.logged is None:
        looked = scene.looked(Source.ACCESS_LOG)
        return _missing("request", "no log tells of it" if looked else "no access log was given")
    request = failure.logged.request
    when = rfc3339(request.end_s) if request.end_s is not None else "time unknown"
    what = " ".join(part for part in (request.method, request.path) if part) or "a request"
    parts = [f"{when} {what}: {request.status or 'failed'}"]
    parts += [f"sent after {request.connect_s:.3f} s"] if request.connect_s is not None else []
    parts += [f"ended {request.wait_s:.3f} s later"] if request.wait_s is not None else []
    return Link("request", ", ".join(parts), str(request.at))


def _conversation(scene: Scene, failure: Failure | None) -> Link:
    if scene.cluster.basis is Basis.ANSWERS and scene.wire and failure is not None:
        line = next((line for line in scene.wire.errors if line.at_s == failure.at_s), scene.wire.errors[0])
        text = f"{line.opener} -> {scene.cluster.target}: answered, with {line.status}"
        return Link("conversation", text, str(line.at))
    if failure is None or failure.conversation is None:
        looked = scene.looked(Source.CAPTURE)
        return _missing("conversation", "none in the capture fits" if looked else "no capture was given")
    found = failure.conversation
    sure = "" if failure.conversation_sure else " (the nearest of several that fit)"
    meant = f" ({MEANINGS[found.outcome]})" if found.outcome in MEANINGS else ""
    text = f"{found.opener} -> {found.target}: {found.outcome}{meant}{sure}"
    return Link("conversation", text, str(found.decided_at))


def _listener(scene: Scene) -> tuple[Link, Link, Link]:
    if not scene.listeners:
        looked = scene.looked(Source.HOST)
        why = "the hosts given have no listener at that address" if looked else "no host evidence was given"
        return (_missing("listener", why), _missing("process", why), _missing("setting", why))
    window = max(scene.listeners, key=lambda w: w.drops or 0)
    listener, namespace, process = window.listener, window.namespace, window.process
    dropped = "drops not known" if window.drops is None else f"{window.drops} dropped while watched"
    text = f"{listener.address}: backlog {listener.backlog}, at most {window.queue_len_max} waiting, {dropped}"
    owner = (
        Link(
            "process", f"{process.name} (pid {process.pid}){process.command and ': '}{process.command}", str(window.at)
        )
        if process
        else _missing("process", "its owner could not be seen")
    )
    somaxconn = namespace.somaxconn if namespace else None
    setting = (
        Link("setting", f"listen backlog {listener.backlog}, net.core.somaxconn {somaxconn}", str(window.at))
        if somaxconn is not None
        else _missing("setting", "net.core.somaxconn of its namespace is not known")
    )
    return Link("listener", text, str(window.at)), owner, setting


def _change(scene: Scene) -> Link:
    window = scene.cluster.window
    before = [c for c in scene.case.changes if window is None or c.at_s <= window.from_s]
    if not before:
        given = scene.case.changes or scene.looked(Source.CHANGES)
        return _missing("change", "no recorded change came before" if given else untold_changes(scene.case))
    last = max(before, key=lambda c: c.at_s)
    return Link("change", f"last change before: {rfc3339(last.at_s)} {last.text}", str(last.at))
