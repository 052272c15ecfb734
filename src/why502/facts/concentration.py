"""Whether failures keep to one target, zone, client or path more than requests do.

Method. Each value (a client, a path...) is held against all others: Fisher's exact test, one-sided, of failures against
requests that did not fail, adjusted for the number of values tested (Holm). Failures less than a second apart that
share the value count once: a page that loads fails in all its parts, and that is one event. The ratio is that of the
odds, with its 95 % interval; for rare failures it is how many times as often they happen there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from why502.facts.exact_tests import Ratio, holm, odds_ratio, p_over
from why502.facts.following import bursts
from why502.model.expressions import expression
from why502.model.requests import Side
from why502.model.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from why502.model.patterns import Sample, Traits
    from why502.model.traffic import Traffic

MOST_KINDS = 4
"""Manners of failing that are looked at by themselves."""

SIGNIFICANT = 0.01
"""After the adjustment for many tests."""

MIN_EVENTS = 5
"""Fewer bursts of failures than this have no preferences."""

ONE_FOR_ALL = 0.95
"""If one value has this share of the requests, it stands for all: a proxy's address in place of the clients'."""

MOST_TESTED = 50
"""Values with most failures of each kind that are tested."""

ZONE_BITS = {4: 24, 6: 64}
"""Subnets lie in one availability zone each; these are the usual smallest sizes of them."""

_NODE = expression(r"_(\d{1,3}(?:\.\d{1,3}){3})_[a-z0-9]{6,10}\.log(?:\.gz)?$")
"""The balancer's address in the name of an ALB log: one node for each zone (`load-balancer-access-logs`)."""

WITH_EDGES = frozenset({"cloudfront", "cloudflare", "frontdoor"})
"""Proxies that log the location of their edge."""

_IN_PATH = expression(r"/(?!v\d{1,2}(?:/|$))(?=[^/]*\d)[^/]+|/[0-9a-fA-F-]{16,}(?=/|$)")
"""Parts of a path that name one thing: they hold a digit; a version ('v1') does not."""


class Concentration(Struct, frozen=True):
    """Failures keep to one value."""

    dimension: str
    """'target', 'target network', 'server', 'balancer node', 'edge location', 'client', 'path'"""
    value: str
    side: str
    """Which failures: those that the 'gateway' made, or the 'target' answered."""
    failures: int
    failures_in_all: int
    """Of those that were compared, and that tell this dimension..."""
    share: float
    """...and the share of the other requests with this value."""
    others: int
    """So many other requests were compared."""
    ratio: Ratio
    p: float
    """Adjusted for the number of tests."""
    kind: str = ""
    """Of failures of this phase and manner alone: 'connect, refused'; '': of all of that side."""

    def __str__(self) -> str:
        many = "all" if self.failures == self.failures_in_all else f"{self.failures:,} of"
        p = f"p = {self.p:.2g}" if self.p >= 1e-6 else "p < 0.000001"
        meaning = SAID.get(self.dimension, self.dimension).format(self.value)
        kind = f" ({self.kind})" if self.kind else ""
        share = f"{self.share:.0%} of the" if self.share else f"none of {self.others:,}"
        return (
            f"{many} {self.failures_in_all:,} failures{kind} on {meaning}, which had {share} other "
            f"requests: {_times(self.ratio.value)} times as often as elsewhere "
            f"({_times(self.ratio.low)} to {_times(self.ratio.high)}, {p})"
        )


SAID: Final = {
    "target network": "targets in {} (a subnet lies in one availability zone)",
    "target": "target {}",
    "server": "server {}",
    "balancer node": "balancer node {} (each is in one zone)",
    "edge location": "edge location {}",
    "client": "client {}",
    "path": "path {}",
}
"""Dimension -> how it is said."""


def _times(ratio: float) -> str:
    """Two or three digits, and no powers of ten.

    >>> _times(1270.4), _times(16.13), _times(0.0213)
    ('1,270', '16.1', '0.021')
    """
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}" if ratio >= 1 else f"{ratio:.2g}"


class Dimension(Struct, frozen=True):
    """One way to tell requests apart, and what came of it."""

    name: str
    side: str
    values: int
    """Told apart among failures and other requests."""
    found: tuple[Concentration, ...] = ()
    unjudgeable: str | None = None
    """Why nothing can be said."""


def concentrations(traffic: Traffic) -> tuple[Dimension, ...]:
    """Every dimension for the failures that the gateway made, then for those that targets answered.

    Where the gateway's failed in several manners, each manner by itself as well: two faults at once have two places.
    Of these only what was found, and not what all of them keep to anyway.
    """
    sample = traffic.sample
    sides = (
        ("gateway", [t for t in sample.failed if t.side not in (Side.TARGET, Side.CLIENT)]),
        ("target", [t for t in sample.failed if t.side is Side.TARGET]),
    )
    found = [
        _dimension(name, take, side, failed, sample) for side, failed in sides if failed for name, take in DIMENSIONS
    ]
    return (*found, *_by_kind(sides[0][1], sample, {(c.dimension, c.value) for d in found for c in d.found}))


def _by_kind(failed: Sequence[Traits], sample: Sample, known: set[tuple[str, str]]) -> Iterator[Dimension]:
    kinds = [kind for kind, number in Counter(t.kind for t in failed).most_common(MOST_KINDS) if number >= MIN_EVENTS]
    for kind in kinds if len({t.kind for t in failed}) > 1 else ():
        own = [t for t in failed if t.kind == kind]
        for name, take in DIMENSIONS:
            dimension = _dimension(name, take, "gateway", own, sample)
            new = [c for c in dimension.found if (name, c.value) not in known and c.p * len(kinds) < SIGNIFICANT]
            if new:
                said = tuple(structs.replace(c, p=c.p * len(kinds), kind=kind) for c in new)
                yield structs.replace(dimension, found=said)


def target(traits: Traits) -> str | None:
    return traits.target


def network(traits: Traits) -> str | None:
    """The subnet of the target's address.

    >>> from why502.model.patterns import Traits
    >>> network(Traits(None, None, "10.0.1.7:8080", None, None, "x"))
    '10.0.1.0/24'
    """
    return _network((traits.target or "").rpartition(":")[0].strip("[]"))


@lru_cache(maxsize=4096)
def _network(host: str) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return str(ip_network((address, ZONE_BITS[address.version]), strict=False))


def node(traits: Traits) -> str | None:
    """Which node of a load balancer handled it, by the line or by the name of the log: one for each zone, or more."""
    if traits.proxy in WITH_EDGES:
        return None
    found = _NODE.search(traits.file) if traits.node is None else None
    return found[1] if found else traits.node


def edge(traits: Traits) -> str | None:
    """Where a network of edges took the request in: 'FRA56-P4'."""
    return traits.node if traits.proxy in WITH_EDGES else None


def client(traits: Traits) -> str | None:
    """Without the port."""
    told = traits.client
    if told is None or (told.count(":") > 1 and not told.startswith("[")):
        return told
    return told.rpartition(":")[0].strip("[]") if ":" in told else told


def path(traits: Traits) -> str | None:
    """With a star for each part that names one thing.

    >>> from why502.model.patterns import Traits
    >>> path(Traits(None, None, None, None, "/v1/users/4711/profile", "x"))
    '/v1/users/*/profile'
    """
    return None if traits.path is None else _IN_PATH.sub("/*", traits.path)


DIMENSIONS: tuple[tuple[str, Callable[[Traits], str | None]], ...] = (
    ("target", target),
    ("target network", network),
    ("server", lambda traits: traits.server),
    ("balancer node", node),
    ("edge location", edge),
    ("client", client),
    ("path", path),
)


def _dimension(
    name: str, take: Callable[[Traits], str | None], side: str, failed: Sequence[Traits], sample: Sample
) -> Dimension:
    events = _events(take, failed)
    served = Counter(value for t in sample.others if (value := take(t)) is not None)
    values = len(events.keys() | served.keys())
    if why := _unjudgeable(name, events, served):
        return Dimension(name, side, values, unjudgeable=why)
    happened, others = sum(events.values()), sum(served.values())
    tested = [value for value, _ in events.most_common(MOST_TESTED)]
    ps = holm([p_over(events[v], happened, served[v], others) for v in tested])
    told = Counter(value for t in failed if (value := take(t)) is not None)
    found = [
        Concentration(
            dimension=name,
            value=value,
            side=side,
            failures=told[value],
            failures_in_all=sum(told.values()),
            share=served[value] / others,
            others=others,
            ratio=odds_ratio(events[value], happened, served[value], others),
            p=p,
        )
        for value, p in zip(tested, ps, strict=True)
        if p < SIGNIFICANT
    ]
    return Dimension(name, side, values, tuple(sorted(found, key=lambda c: (c.p, -c.failures, c.value))))


def _events(take: Callable[[Traits], str | None], failed: Iterable[Traits]) -> Counter[str]:
    """Bursts of failures for each value."""
    times: dict[str, list[float]] = defaultdict(list)
    for traits in failed:
        if (value := take(traits)) is not None:
            times[value].append(traits.at_s or 0.0)
    return Counter({value: len(bursts(at)) for value, at in times.items()})


def _unjudgeable(name: str, events: Counter[str], served: Counter[str]) -> str | None:
    if not events:
        return f"no failure tells its {name}"
    if not served:
        return f"no other request tells its {name}"
    if sum(events.values()) < MIN_EVENTS:
        return f"{count(sum(events.values()), 'burst')} of failures: too few to compare"
    if len(events.keys() | served.keys()) == 1:
        return f"all requests had the same {name}"
    first, number = served.most_common(1)[0]
    if name == "client" and number >= ONE_FOR_ALL * sum(served.values()):
        return f"{first} sent {number / sum(served.values()):.0%} of the requests: a proxy in front hides the clients"
    return None
