"""What the load balancer writes down: the access-log line, its file's name, and the counts for CloudWatch."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.lab.http1 import Head

UNPRINTABLE = expression(r'[^\x20-\x7e]|["\\]')

ACCOUNT = "123456789012"
REGION = "us-west-2"
NAME = "app/why502-lab/50dc6c495c0c9188"
TARGET_GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/first-digit-api/73e2d6bc24d8a067"


@dataclass(slots=True)
class Exchange:
    """One request on its way through the load balancer; times are seconds since the epoch, None: not reached."""

    client: tuple[str, int]
    request_line: str
    user_agent: str
    created_s: float
    received_bytes: int
    trace_id: str
    connection_id: str
    received: bool = False
    """The client's request came in to its end."""
    target: str | None = None
    status: int = 0
    target_status: int | None = None
    target_connect_failed: bool = False
    sent_s: float | None = None
    header_s: float | None = None
    answer_s: float | None = None
    failed_s: float | None = None
    """When the target broke the exchange off."""
    ended_s: float = 0.0
    sent_bytes: int = 0
    answered: bool = False

    @classmethod
    def begin(cls, head: Head, client: tuple[str, int], listener: str) -> Exchange:
        now_s = time.time()
        method, _, rest = head.start.partition(" ")
        path, _, version = rest.partition(" ")
        return cls(
            client=client[:2],
            request_line=f"{method} http://{head.get('host') or listener}{path} {version}",
            user_agent=head.get("user-agent") or "-",
            created_s=now_s,
            received_bytes=head.size_bytes,
            trace_id=f"Root=1-{int(now_s):08x}-{secrets.token_hex(12)}",
            connection_id=f"TID_{secrets.token_hex(16)}",
        )

    @property
    def bodiless(self) -> bool:
        """An answer to it has no body."""
        return self.request_line.startswith("HEAD ")

    @property
    def target_time_s(self) -> float | None:
        """Field 7: from sending the request to the answer's header, or to the break."""
        until_s = self.header_s or self.failed_s
        return None if self.sent_s is None or until_s is None else until_s - self.sent_s


def log_line(exchange: Exchange, node_address: str) -> str:
    """The 34 fields of the access log, in order."""
    e = exchange
    target = e.target or "-"
    target_status = str(e.target_status or "-")
    dispatched = None if e.sent_s is None else e.sent_s - e.created_s
    answering = None if e.answer_s is None or e.header_s is None else e.answer_s - e.header_s
    fields = [
        *("http", _time(e.ended_s), NAME, f"{e.client[0]}:{e.client[1]}", target),
        *(_seconds(dispatched), _seconds(e.target_time_s), _seconds(answering)),
        *(str(e.status), target_status, str(e.received_bytes), str(e.sent_bytes)),
        *(_quoted(e.request_line), _quoted(e.user_agent), "-", "-", TARGET_GROUP, _quoted(e.trace_id)),
        *('"-"', '"-"', "0", _time(e.created_s), '"forward"', '"-"', '"-"'),
        *(_quoted(target), _quoted(target_status), '"-"', '"-"', e.connection_id),
        *('"-"', '"-"', '"-"', node_address),
    ]
    return " ".join(fields)


def _seconds(value: float | None) -> str:
    return "-1" if value is None else f"{max(0.0, value):.3f}"


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _quoted(text: str) -> str:
    """Characters that would break the line are written as numbers."""
    return '"' + UNPRINTABLE.sub(lambda found: f"\\x{ord(found[0]):02X}", text) + '"'


def log_file_name(end_s: float, node_address: str) -> str:
    """Last part of the object's documented key: interval's end, node, a random part."""
    end = datetime.fromtimestamp(end_s, UTC).strftime("%Y%m%dT%H%MZ")
    name = NAME.replace("/", ".")
    return f"{ACCOUNT}_elasticloadbalancing_{REGION}_{name}_{end}_{node_address}_{secrets.token_hex(4)}.log.gz"


class Count(msgspec.Struct, frozen=True):
    """One datum of a metric."""

    at_s: float
    metric: str
    value: float


@dataclass(slots=True)
class Counts:
    """The raw data of the load balancer's metrics."""

    data: list[Count] = field(default_factory=list)

    def _add(self, metric: str, value: float = 1.0) -> None:
        self.data.append(Count(time.time(), metric, value))

    def new_connection(self) -> None:
        self._add("NewConnectionCount")

    def healthy_hosts(self, number: int) -> None:
        self._add("HealthyHostCount", number)

    def exchange(self, exchange: Exchange) -> None:
        """Count a finished exchange. RequestCount counts only those for which a target could be chosen."""
        if exchange.target:
            self._add("RequestCount")
        if exchange.target_connect_failed:
            self._add("TargetConnectionErrorCount")
        if exchange.target_status:
            self._add(f"HTTPCode_Target_{exchange.target_status // 100}XX_Count")
        elif exchange.status >= 500:
            self._add("HTTPCode_ELB_5XX_Count")
            self._add(f"HTTPCode_ELB_{exchange.status}_Count")
        elif exchange.status >= 400:
            self._add("HTTPCode_ELB_4XX_Count")
        if exchange.header_s is not None and exchange.target_time_s is not None:
            self._add("TargetResponseTime", exchange.target_time_s)

    def encode(self) -> bytes:
        return msgspec.json.encode(self.data)


COUNTS = msgspec.json.Decoder(list[Count])
