"""Path MTU black hole

What happens
------------
Somewhere on the way a link takes only smaller packets than the ends believe, and the ICMP message that would say so is
lost or filtered. Small packets pass, large ones vanish, again and again.

How it looks from the proxy
---------------------------
Connects succeed and small requests are answered; large requests or large answers hang until a timeout. Often "only
uploads fail", or only pages above a size.

What gives it away
------------------
On the wire: full-sized segments that are retransmitted and never acknowledged, while small ones on the same connection
are; ICMP "fragmentation needed" on the way.

Seen from the proxy alone: handshakes and acknowledgements come, answers do not; the close is sent again and again
without a word; of an answer only its last, small segment arrives.

What clears it
--------------
Full-sized segments that were acknowledged.

What to do
----------
Let ICMP type 3 code 4 (IPv6: type 2) through; until then clamp the MSS on the way, or turn on
`net.ipv4.tcp_mtu_probing`.

Sources
-------
RFC 2923; RFC 4821; Linux ip-sysctl.rst tcp_mtu_probing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.facts.losses import losses
from why502.facts.unheard import unheard
from why502.model.conversations import Outcome
from why502.model.evidence import Evidence, Source
from why502.model.requests import Phase, Side
from why502.model.verdict import Remedy
from why502.model.words import count
from why502.suspects.interface import CannotTell, DoesNotApply, Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.facts.scene import Scene
    from why502.model.conversations import Conversation

FITTING = frozenset({Outcome.NOT_ANSWERED, Outcome.STALE, Outcome.NEVER_ACKNOWLEDGED})
"""A request or an answer that vanished ends in silence."""
FULL_BYTES = 1000
"""A path that loses segments smaller than this has another trouble: every IPv4 path carries 576 bytes, IPv6 1280."""

REPEATS = 2
"""One loss is chance."""

SYN_SHARE = 0.05
"""Networks that are well lose one packet in a thousand."""


def judge(scene: Scene) -> Judgement:
    cluster = scene.cluster
    if cluster.side in (Side.TARGET, Side.CLIENT):
        return DoesNotApply("the proxy did not make this status")
    if cluster.phase not in (Phase.TLS, Phase.SEND, Phase.WAIT, Phase.BODY, Phase.UNKNOWN):
        return DoesNotApply(f"small packets are enough for this phase ({cluster.phase})")
    if not any(c.detail for c in cluster.conversations):
        return CannotTell((Source.CAPTURE,), "no capture shows which sizes got through")
    target = cluster.target or "the target"
    evidence = (*_sizes(scene), *_losses(scene), *_small_ones_too(scene))
    missing = () if any(c.far_side for c in cluster.conversations) else (Source.CAPTURE,)
    return Weighed(evidence, f"Large packets between the proxy and {target} vanished on the way.", missing)


def _sizes(scene: Scene) -> Iterator[Evidence]:
    """What the sender of the large segments sees."""
    conversations = scene.cluster.conversations
    struck = [c for c in conversations if c.detail and c.detail.path_mtu]
    sign = struck[0].detail.path_mtu if struck and struck[0].detail else None
    if sign is None:
        if scene.cluster.outcome not in FITTING:
            text = f"no large segment was lost again and again in {count(len(conversations), 'conversation')}"
            yield Evidence(-3.0, text, Source.CAPTURE, conversations[0].decided_at)
        return
    text = (
        f"in {len(struck)} of {count(len(conversations), 'conversation')} segments of {sign.smallest_lost_bytes} bytes "
        f"were lost {sign.repeats} times, while {sign.largest_passed_bytes} bytes passed"
    )
    # Loss by chance takes small segments as well, and does not take the same one each time.
    large = sign.smallest_lost_bytes >= FULL_BYTES
    yield Evidence(8.0 if large else 2.0, text, Source.CAPTURE, struck[0].decided_at)
    complaints = [e for c in struck if c.detail for e in c.detail.icmp if e.mtu_bytes]
    if complaints:
        text = f"{complaints[0].sender} says that at most {complaints[0].mtu_bytes} bytes fit"
        yield Evidence(3.0, text, Source.CAPTURE, complaints[0].at)


def _losses(scene: Scene) -> Iterator[Evidence]:
    """What their receiver sees: handshakes and acknowledgements come, answers do not."""
    if scene.cluster.outcome not in FITTING:
        return
    seen = unheard(scene)
    if seen.holes and seen.first_hole:
        text = f"in {count(seen.holes, 'conversation')} the end of the answer came, what stands before it did not"
        yield Evidence(6.0, text, Source.CAPTURE, seen.first_hole)
    if seen.closes and seen.first_close:
        text = (
            f"the target acknowledged {count(seen.closes, 'request')}, and then not even the proxy's close, which was "
            "sent again and again: its packets were lost, it was not slow"
        )
        yield Evidence(7.0, text, Source.CAPTURE, seen.first_close)
    elif seen.dead and seen.first_dead:
        # A fail-over explains the used connections alone, a slow program the new ones alone.
        text = (
            f"{count(seen.dead, 'request')} on used connections got no acknowledgement, while {seen.alive} on new ones "
            "were acknowledged and not answered either"
        )
        yield Evidence(6.0, text, Source.CAPTURE, seen.first_dead)


def _small_ones_too(scene: Scene) -> Iterator[Evidence]:
    """Small requests that were repeated in vain, and SYNs, the smallest packets: what loses them looks at no size."""
    struck = sum(bool(c.detail and c.detail.path_mtu) for c in scene.cluster.conversations)
    small = [c for c in scene.cluster.conversations if _small_in_vain(c)]
    if struck and len(small) > struck:
        text = f"{count(len(small), 'request')} below {FULL_BYTES} bytes went unheard as well, sent again and again"
        yield Evidence(-9.0, f"{text}: packets of any size were lost", Source.CAPTURE, small[0].decided_at)
    if scene.wire is None or not scene.wire.failed:
        return
    found = losses(scene)
    if found.on_wire and found.first:
        # What is too large for the path does not pass the second time either.
        text = f"in {found.again} of {found.conversations} conversations data got through when it was sent again"
        yield Evidence(-6.0, text, Source.CAPTURE, found.first)
    lost = scene.wire.syns_lost
    if lost and lost >= SYN_SHARE * scene.wire.conversations:
        text = f"{count(lost, 'SYN')} went unanswered as well, in {scene.wire.conversations} conversations"
        yield Evidence(-9.0, f"{text}: packets of any size were lost", Source.CAPTURE, scene.wire.failed[0].decided_at)


def _small_in_vain(conversation: Conversation) -> bool:
    """All that the target did not acknowledge fits into a small segment, and repeating it did not help."""
    unheard_bytes = conversation.bytes_sent - conversation.bytes_acknowledged
    return 0 < unheard_bytes < FULL_BYTES and conversation.retransmissions_sent >= REPEATS


SUSPECT = Suspect(
    name="path-mtu-black-hole",
    kind=Kind.FAULT,
    title="large packets vanished on the way",
    prior=0.01,
    judge=judge,
    expects={
        "capture": {"unacknowledged": 0.5, "acknowledged-silence": 0.4},
        "access-log": {"wait-timeout": 0.9},
        "error-log": {"read-timeout": 0.9},
        "host": {"listener-well": 0.97},
    },
    remedies=(
        Remedy("Let ICMP 'fragmentation needed' (IPv6: packet too big) through on the way."),
        Remedy(
            "Until then, let the kernel find the size by itself.",
            "sudo sysctl -w net.ipv4.tcp_mtu_probing=1",
            permanent=False,
        ),
    ),
)
