"""What a judge sees: the case, and one cluster of failures with everything known about its target."""

from __future__ import annotations

from enum import StrEnum
from math import inf

from msgspec import Struct

from why502.facts.kills import Kills
from why502.model.case import Case, Window
from why502.model.conversations import Conversation, Outcome
from why502.model.evidence import Place, Source
from why502.model.host import UNTOLD, Listener, Namespace, Process
from why502.model.requests import Manner, Phase, Side
from why502.model.traffic import FailedRequest, TargetTraffic
from why502.model.wire import TargetWire


class Failure(Struct, frozen=True):
    """One failure, joined over all evidence: the logged request, its conversation, or one of the two."""

    at_s: float | None
    logged: FailedRequest | None = None
    conversation: Conversation | None = None
    conversation_sure: bool = False
    """False: several conversations fit the request; the nearest one was taken."""


class Basis(StrEnum):
    """Which evidence the failures of a cluster are counted in."""

    REQUESTS = "requests"
    CONVERSATIONS = "conversations"
    DROPS = "drops"
    """Connection attempts that a listener dropped: nobody showed what the proxy saw."""
    METRICS = "metrics"
    ANSWERS = "answers"
    """Status lines of 5xx in a capture: the conversations went well, and no log tells of the requests."""


class Cluster(Struct, frozen=True):
    """Failures alike in target, side, phase and manner (and in the fate of their conversations, if known)."""

    basis: Basis
    target: str | None
    side: Side | None
    phase: Phase
    manner: Manner
    outcome: Outcome | None
    """Fate of the conversations that were joined to these failures; None: no conversation is known."""
    count: int
    failures: tuple[Failure, ...]
    """One by one as far as they are kept (`traffic.MAX_EXAMPLES`); `count` is the true number."""
    window: Window | None
    beside_deaths: bool = False
    """Cut as they were sent, beside others that died together: the connects refused then followed those."""

    @property
    def logged(self) -> tuple[FailedRequest, ...]:
        return tuple(f.logged for f in self.failures if f.logged is not None)

    @property
    def conversations(self) -> tuple[Conversation, ...]:
        return tuple(f.conversation for f in self.failures if f.conversation is not None)


class ListenerWindow(Struct, frozen=True):
    """One listener over the time in which it was watched; differences, never totals since boot.

    A difference is None with a single snapshot, or if the counter went backwards.
    """

    listener: Listener
    """As last seen."""
    namespace: Namespace | None
    process: Process | None
    at: Place
    watched: Window
    drops: int | None
    grown: dict[str, int]
    """Growth of every counter of its namespace that could be compared."""
    restarts: tuple[float, ...]
    """When sockets were opened at this address while it was watched: one more start of the service each."""
    queue_len_max: int
    queue_full_s: float | None
    """How long its queue was seen full; None: not sampled finely."""
    standing: tuple[int, int] = (0, 0)
    """The longest row of looks at which some connections waited to be accepted, and how many at least at each."""
    queues: tuple[tuple[float, float, int], ...] = ()
    """(from, to, longest) of the times between two looks in which several waited to be accepted, if for an instant."""
    sockets: int = 1
    """Sockets that listened at this address when it was last seen: several with SO_REUSEPORT."""
    owners: frozenset[int] = frozenset()
    """Every process that held it at any look."""
    kills: Kills | None = None
    """None: not watched."""
    stopped_s: tuple[float, ...] = ()
    """Looks at which every process that held it was held itself: by a signal, a debugger, the freezer."""
    departures: tuple[Window, ...] = ()
    """One for each process that held the socket and ended while another one went on to hold it: between which looks."""
    closings: tuple[Window, ...] = ()
    """When nothing listened at this address any more: between which looks it was closed."""

    @property
    def steady(self) -> bool | None:
        """Whether one socket stayed open all the time; None: looked at once, or nothing told sockets apart."""
        if self.listener.inode == UNTOLD or self.watched.to_s <= self.watched.from_s:
            return None
        return not self.restarts and not self.closings

    def closed(self, at_s: float) -> bool:
        """Whether nothing may have listened there then: since the last look that saw it, until one saw it again."""
        opened = (min((o for o in self.restarts if o >= c.to_s), default=inf) for c in self.closings)
        return any(c.from_s < at_s < until_s for c, until_s in zip(self.closings, opened, strict=True))


class Scene(Struct, frozen=True):
    """One cluster, with what the case knows about its target."""

    case: Case
    cluster: Cluster
    traffic: TargetTraffic | None
    wire: TargetWire | None
    listeners: tuple[ListenerWindow, ...]
    """Listeners that can be this target (usually one); of a target without a name, those that dropped."""
    others: tuple[Cluster, ...] = ()
    """The other clusters of the same target."""

    def looked(self, source: Source) -> bool:
        return source in self.case.looked_at

    def path_of(self, source: Source) -> str:
        """The first input of that kind, or '' if nobody looked."""
        return next((i.path for i in self.case.inputs if i.source is source), "")
