"""Connection tracking table full

What happens
------------
The kernel of the target, of the proxy or of a router between them tracks every flow for its firewall or NAT. When its
table has no room, the first packet of each new flow is dropped without a word; flows that are in the table live on.

How it looks from the proxy
---------------------------
Connects that time out (504, or 503 in HAProxy and Envoy) or need 1, 3, 7 s, while pooled connections serve as ever.

What gives it away
------------------
The kernel's own words, `nf_conntrack: table full, dropping packet`; or its counter `drop`, that grew while requests
failed, beside a table with as many entries as it may have.

What clears it
--------------
A table that was watched, had room all the time and dropped nothing.

What to do
----------
Raise net.netfilter.nf_conntrack_max (and the buckets with it); exempt what needs no tracking (`notrack`); shorten
nf_conntrack_tcp_timeout_time_wait; look for what opens so many flows.

Sources
-------
`__nf_conntrack_alloc` and `nf_conntrack_in` (net/netfilter/nf_conntrack_core.c); kernel documentation
nf_conntrack-sysctl; kubernetes/kubernetes#18604.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.facts.exhaustion import told_full, tracking
from why502.facts.metered import TRACKED, UNTRACKED, metered
from why502.model.evidence import Evidence, Source
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect, Weighed
from why502.suspects.metered import bits_of, grew

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.exhaustion import Tracked
    from why502.facts.scene import Scene

FULL: Final = 0.98
"""Share of the limit. Entries that are not assured are thrown out early to make room, so a full table breathes."""
ROOM: Final = 0.8
"""Share of the limit below which a burst between two looks does not fill it; alarms are usually set here."""


def judge(scene: Scene) -> Judgement:
    evidence = (*_told(scene), *_watched(scene)) or (*_metered(scene),)
    if not evidence:
        return CannotTell((Source.HOST,), "no host that was looked at tracks connections, or it does not tell")
    return Weighed(evidence, max(evidence, key=lambda one: one.bits).text, fills=_enough(scene))


def _enough(scene: Scene) -> dict[str, str]:
    """Twice what the largest table that was seen holds."""
    limit = max((one.most.limit for one in tracking(scene.case)), default=0)
    return {"LIMIT": str(2 * limit)} if limit else {}


def _told(scene: Scene) -> Iterator[Evidence]:
    told = told_full(scene)
    if told:
        text = f"the kernel says so, {count(len(told), 'time')} near the failures: {told[0].text}"
        yield Evidence(9.0, text, Source.EVENTS, told[0].at)


def _metered(scene: Scene) -> Iterator[Evidence]:
    """Drops beside a full table; or a table that was full just when requests failed; or one with room all the time."""
    tables = metered(scene, {TRACKED})
    full = [one for one in tables if (one.peak or 0.0) >= FULL]
    if full:
        yield from grew(scene, {UNTRACKED}, "packets that found no room in conntrack", 8.0)
        best = max(full, key=lambda one: (one.holds, one.own))
        text = f"conntrack entries against their limit ({best.at.name}): {best.compared}"
        yield Evidence(bits_of(best, 6.0) if best.holds else 1.0, text, Source.METRICS, best.at)
    elif tables and all(one.own and one.highest < ROOM for one in tables):
        worst = max(tables, key=lambda one: one.highest)
        text = f"conntrack ({worst.at.name}) had at most {worst.highest:.0%} of its entries in use"
        yield Evidence(-3.0, text, Source.METRICS, worst.at)


def _watched(scene: Scene) -> Iterator[Evidence]:
    found = tracking(scene.case)
    if found:
        worst = max(found, key=lambda one: (_bits(one), one.most.share))
        yield Evidence(_bits(worst), _text(worst), Source.HOST, worst.most.at)


def _bits(tracked: Tracked) -> float:
    full = tracked.most.share >= FULL
    if tracked.dropped:
        # `drop` also counts what protocol helpers refuse; beside a full table it is the table.
        return 9.0 if full else 2.0
    if full:
        # Full and nothing refused: the next new flow is. Seen once only, what was refused is not known.
        return 4.0 if tracked.dropped is None else 1.0
    if tracked.most.share >= ROOM:
        return 0.0
    return -7.0 if tracked.dropped == 0 else -3.0


def _text(tracked: Tracked) -> str:
    most = tracked.most
    dropped = {None: "what it dropped was not counted", 0: "it dropped nothing while watched"}.get(
        tracked.dropped, f"{count(tracked.dropped or 0, 'packet')} dropped while watched"
    )
    return f"conntrack of {most.who} had up to {most.used} of {most.limit} entries ({most.share:.0%}); {dropped}"


SUSPECT = Suspect(
    name="conntrack-full",
    kind=Kind.CONDITION,
    title="the connection-tracking table was full",
    prior=0.02,
    judge=judge,
    explains=("packets-dropped",),
    remedies=(
        Remedy(
            "Raise its limit, and find what opens so many flows.", "sudo sysctl -w net.netfilter.nf_conntrack_max=LIMIT"
        ),
        Remedy("Exempt the proxy's traffic from tracking, where no rule needs its state (nft: notrack)."),
    ),
)
