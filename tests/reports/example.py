"""The article's case as a diagnosis, and its relatives: nothing wrong, not determined, hostile."""

from __future__ import annotations

import msgspec

from why502.model.requests import Phase
from why502.model.traffic import Bucket
from why502.model.verdict import (
    Because,
    Diagnosis,
    Document,
    EvidenceLine,
    Failures,
    InputLine,
    Link,
    NextStep,
    Remedy,
    Span,
    SuspectLine,
    Undetermined,
    VerdictLine,
)

TARGET = "10.0.0.7:8080"
BEGIN_S = 1535486400.0
"""2018-08-28T20:00:00Z"""

OVERFLOW = VerdictLine(
    cause="accept-queue-overflow",
    probability=0.974,
    failures=23,
    since="2018-08-28T20:06:41.353000Z",
    until="2018-08-28T20:27:12.010000Z",
    targets=(TARGET,),
    summary="The accept queue of 10.0.0.7:8080 was full when bursts of up to 12 requests opened new connections: 23 "
    "of them were dropped or reset by the kernel before the service could see them.",
    because=(
        Because(
            condition="backlog-too-small",
            text="java (pid 6247) listens with a backlog of 1, the first digit of somaxconn 128.",
            known_issue="dropwizard-backlog-first-digit",
        ),
    ),
    evidence=(
        EvidenceLine(
            "for",
            9.1,
            "The listener dropped 31 connection attempts in this window, while ListenOverflows of its namespace "
            "grew by 29.",
            "host",
            f"host.json#{TARGET}",
        ),
        EvidenceLine(
            "for",
            6.4,
            "19 failed conversations were reset within 15 ms, before one byte of the request was acknowledged.",
            "capture",
            "capture.pcap#1042",
        ),
        EvidenceLine(
            "for",
            3.2,
            "21 of 23 failures fell into the first requests after 60 s or more of silence.",
            "access-log",
            "access.log:18",
        ),
        EvidenceLine(
            "for",
            2.0,
            "4 answered requests took 1.0 s to connect: their SYN was sent again.",
            "access-log",
            "access.log:31",
        ),
        EvidenceLine(
            "against",
            -0.8,
            "2 failures met a queue that was sampled empty 1 s before.",
            "host",
            f"host.json#{TARGET}",
        ),
    ),
    remedies=(
        Remedy(
            "Raise the backlog of the running process; the clients notice nothing.",
            "sudo why502 fix backlog --port 8080 --to 1024",
            permanent=False,
        ),
        Remedy("Set acceptQueueSize: 1024 in the service's configuration, or upgrade Dropwizard to 1.3.7."),
        Remedy("Raise somaxconn if the backlog should exceed 128.", "sysctl -w net.core.somaxconn=4096"),
    ),
)

CHAIN = (
    Link("request", "20:17:23.353 GET / was answered 502 after 0.013 s", "access.log:18"),
    Link("conversation", "10.0.0.5:41872 sent 2 segments, was reset after 0.012 s", "capture.pcap#1042"),
    Link("listener", f"{TARGET}: backlog 1, queue 2 of 2, 31 drops", f"host.json#{TARGET}"),
    Link("process", "java (pid 6247), running for 00:19:14", "host.json#6247"),
    Link("setting", "no configuration of the service was given", None),
    Link("change", "no list of deployments was given", None),
)

PLANNED = (
    "packets-dropped",
    "target-unreachable",
    "tls-handshake-failed",
    "name-not-resolved",
    "no-usable-target",
    "proxy-exhausted",
    "stale-connection",
    "target-crashed",
    "target-restarted",
    "closed-without-response",
    "malformed-response",
    "response-headers-too-large",
    "response-truncated",
    "worker-pool-exhausted",
    "path-mtu-black-hole",
    "http2-goaway-race",
)

SUSPECTS = (
    SuspectLine("accept-queue-overflow", "fault", "convicted", 0.974, "All five kinds of evidence speak for it."),
    SuspectLine(
        "backlog-too-small", "condition", "convicted", 0.99, "A backlog of 1 holds 2 connections; bursts had 12."
    ),
    SuspectLine(
        "keepalive-race", "fault", "suspected", 0.011, "No reused connection was closed just before a request."
    ),
    SuspectLine("acceptor-stalled", "condition", "suspected", 0.35, "The queue stayed full for 2.1 s at most."),
    SuspectLine("connection-refused", "fault", "cleared", 0.0002, "No SYN was answered with RST (0 of 412)."),
    SuspectLine("target-too-slow", "fault", "cleared", 0.003, "Answers took 0.08 s (99th percentile); no timer fired."),
    SuspectLine("cpu-saturated", "condition", "cleared", 0.01, "The processors were busy for 11 % of the window."),
    SuspectLine("memory-exhausted", "condition", "cleared", 0.01, "At least 2.9 GiB of 3.8 GiB were available."),
    SuspectLine("crash-loop", "condition", "cleared", 0.01, "java (pid 6247) ran through the whole window."),
    SuspectLine("target-answered-5xx", "fault", "not-applicable", None, "The proxy made these statuses itself."),
    SuspectLine("client-gave-up", "fault", "not-applicable", None, "The proxy made these statuses itself."),
    SuspectLine("deployment", "condition", "not-examined", None, "No list of deployments was given.", ("changes",)),
    SuspectLine("oom-killed", "condition", "not-examined", None, "No kernel events were given.", ("events",)),
    *(SuspectLine(c, "fault", "not-examined", None, "why502 cannot judge this one yet.") for c in PLANNED),
)

DOCUMENT = Document(
    generated="2018-08-28T21:00:00Z",
    window=Span("2018-08-28T20:00:00Z", "2018-08-28T20:30:00Z"),
    inputs=(
        InputLine(
            "evidence/access.log",
            "alb-access-log",
            1203,
            1,
            ("access.log:611: 9 fields where 29 or more are expected",),
            "2018-08-28T20:00:03Z",
            "2018-08-28T20:29:58Z",
        ),
        InputLine("evidence/capture.pcap", "capture", 48211, 0, (), "2018-08-28T20:00:01Z", "2018-08-28T20:29:59Z"),
        InputLine("evidence/host.json", "host", 1800, 0, (), "2018-08-28T20:00:00Z", "2018-08-28T20:30:00Z"),
        InputLine(
            "evidence/metrics.json", "cloudwatch-metrics", 6, 0, (), "2018-08-28T20:00:00Z", "2018-08-28T20:30:00Z"
        ),
        InputLine("evidence/team.jpg", "unrecognised", 0, 0, ()),
    ),
    failures=Failures(
        25, 1203, {"502": 23, "500": 2}, {"proxy": 23, "target": 2}, {"wait": 21, "connect": 2, "done": 2}
    ),
    verdicts=(OVERFLOW,),
    suspects=SUSPECTS,
    next_steps=(
        NextStep(
            f"why502 reproduce http://{TARGET}/health --concurrency 5",
            "a burst against the idle service fails within milliseconds if the accept queue is the cause",
            2.1,
        ),
    ),
)

_BURSTS = {6: 4, 10: 3, 13: 2, 17: 6, 21: 3, 24: 1, 27: 4}

ARTICLE = Diagnosis(
    document=DOCUMENT,
    timeline=tuple(
        Bucket(
            at_s=BEGIN_S + 60.0 * minute,
            requests=90 if minute in _BURSTS else (minute * 7) % 41,
            by_proxy=_BURSTS.get(minute, 0),
            by_target=1 if minute in {3, 21} else 0,
        )
        for minute in range(30)
    ),
    chains=(CHAIN,),
    noticed=("all failures fell on 10.0.0.7:8080, which served 34 % of the other requests (p = 2e-9)",),
)

NOTHING_WRONG = Diagnosis(
    document=msgspec.structs.replace(
        DOCUMENT,
        failures=Failures(0, 1203, {}, {}, {}),
        verdicts=(),
        suspects=tuple(
            SuspectLine(s.cause, s.kind, "not-examined", None, "No failure to explain.", s.missing) for s in SUSPECTS
        ),
        next_steps=(),
    ),
)

NOT_DETERMINED = Diagnosis(
    document=msgspec.structs.replace(
        DOCUMENT,
        inputs=DOCUMENT.inputs[:1],
        verdicts=(),
        suspects=(
            SuspectLine("accept-queue-overflow", "fault", "suspected", 0.44, "Failures follow idle spells.", ("host",)),
            SuspectLine("target-too-slow", "fault", "suspected", 0.38, "No byte came back for 60 s.", ("capture",)),
            *SUSPECTS[11:],
        ),
        next_steps=(
            NextStep(
                f"sudo why502 collect -o case.tar.zst --duration 30s --target {TARGET}",
                "drops of the listener tell a full accept queue from a slow service",
                1.7,
            ),
        ),
    ),
    timeline=ARTICLE.timeline,
    undetermined=(
        Undetermined(
            23,
            (TARGET,),
            Phase.WAIT,
            "The request was sent and nothing came back; an access log alone cannot tell a full accept queue from a "
            "slow service.",
            (("accept-queue-overflow", 0.44), ("target-too-slow", 0.38), ("stale-connection", 0.06)),
            since="2018-08-28T20:17:23Z",
            until="2018-08-28T20:30:00Z",
        ),
    ),
    defects=("keepalive-race: ZeroDivisionError: float division by zero (keepalive_race.py:88)",),
)

EMPTY = Diagnosis(
    document=Document(
        generated="2018-08-28T21:00:00Z",
        window=None,
        inputs=(),
        failures=Failures(0, 0, {}, {}, {}),
        verdicts=(),
        suspects=(),
        next_steps=(),
    )
)


def filled_with(text: str) -> Diagnosis:
    """Everything at once, with `text` in every free field."""
    both = msgspec.structs.replace(NOT_DETERMINED, document=DOCUMENT, chains=(CHAIN,))
    return msgspec.convert(_replaced(msgspec.to_builtins(both), text), Diagnosis)


_CLOSED = {"says", "kind", "status", "schema", "generated", "since", "until", "from", "to", "phase"}
"""Fields that a stranger cannot fill: closed lists, and times that were read as times."""


def _replaced(value: object, text: str, key: str = "") -> object:
    if isinstance(value, dict):
        return {
            (text if key.startswith("by_") else k): v if k in _CLOSED and k != "kind" else _replaced(v, text, k)
            for k, v in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_replaced(item, text, key) for item in value]
    closed_kind = key == "kind" and value in {"fault", "condition"}
    return text if isinstance(value, str) and not closed_kind else value
