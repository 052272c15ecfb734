"""Which metrics judgement knows, and what is made of them: one row each.

Names and labels are those of node_exporter, cAdvisor, kube-state-metrics and of the proxies' own `/metrics`; what is
not listed keeps its own name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from why502.facts.metered import (
    DESCRIPTORS,
    MACHINE_OOM_KILLS,
    OOM_KILLS,
    OVERFLOWS,
    RESTARTS,
    THROTTLED,
    TRACKED,
    UNTRACKED,
)
from why502.facts.metered_failures import (
    GATEWAY_5XX,
    GATEWAY_ANSWERS_TIMED_OUT,
    GATEWAY_CONNECTS_FAILED,
    GATEWAY_CONNECTS_TIMED_OUT,
    GATEWAY_CUT,
    GATEWAY_NO_TARGET,
    GATEWAY_PASSED_ON,
    GATEWAY_TURNED_AWAY,
    GATEWAY_WAITS_FAILED,
)

CPU_BUSY: Final = "cpu-busy-ratio"
MEMORY_USED: Final = "memory-used-ratio"
SWAP_IN: Final = "swap-in-pages-per-second"
HEALTHY: Final = "HealthyHostCount"
"""CloudWatch's own word, which judgement knows."""


class Made(Enum):
    """What is made of the samples of one series."""

    VALUE = auto()
    GROWTH = auto()
    """From sample to sample."""
    RATE = auto()
    """Growth a second."""
    REST_OF_RATE = auto()
    """1 less the growth a second: busy, of idle seconds."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A metric that stands for itself."""

    metric: str
    name: str
    made: Made
    labels: Mapping[str, str] = field(default_factory=dict)
    """Patterns that its labels must match in full."""
    merged: tuple[str, ...] = ()
    """Labels that only split what belongs together."""
    mean: bool = False
    """Merged by their mean instead of their sum."""


@dataclass(frozen=True, slots=True)
class Share:
    """Two metrics with the same labels, one a part of the other."""

    part: str
    whole: str
    name: str
    rest: bool = False
    """The share of what is not in the part."""
    growth: bool = False
    """Both count: the share of what was added from sample to sample."""


FIVE: Final = r"5\w\w"


def _flag(name: str) -> str:
    """One of several, with commas between them."""
    return rf"(?:.*,)?{name}(?:,.*)?"


COUNTED: Final = (
    # node_exporter, the file /proc/stat: seconds that each core spent in each mode
    Counted("node_cpu_seconds_total", CPU_BUSY, Made.REST_OF_RATE, {"mode": "idle"}, ("cpu",), mean=True),
    # node_exporter, the file /proc/vmstat: pages read back from swap
    Counted("node_vmstat_pswpin", SWAP_IN, Made.RATE),
    Counted("kube_pod_container_status_restarts_total", RESTARTS, Made.GROWTH),
    # node_exporter, the file /proc/net/netstat of its own network namespace: containers have theirs
    Counted("node_netstat_TcpExt_ListenOverflows", OVERFLOWS, Made.GROWTH),
    # node_exporter, the files /proc/vmstat and /proc/net/stat/nf_conntrack
    Counted("node_vmstat_oom_kill", MACHINE_OOM_KILLS, Made.GROWTH),
    Counted("node_nf_conntrack_stat_drop", UNTRACKED, Made.GROWTH),
    # cAdvisor: kills that the kernel reported for a container
    Counted("container_oom_events_total", OOM_KILLS, Made.GROWTH),
    # What proxies answered, whoever made it. One metric a proxy, so that no request counts twice.
    Counted("nginx_ingress_controller_requests", GATEWAY_5XX, Made.GROWTH, {"status": FIVE}, ("status", "method")),
    Counted("haproxy_frontend_http_responses_total", GATEWAY_5XX, Made.GROWTH, {"code": "5xx"}),
    Counted("envoy_http_downstream_rq_xx", GATEWAY_5XX, Made.GROWTH, {"envoy_response_code_class": "5"}),
    Counted("istio_requests_total", GATEWAY_5XX, Made.GROWTH, {"response_code": FIVE, "reporter": "source"}),
    Counted(
        "traefik_entrypoint_requests_total", GATEWAY_5XX, Made.GROWTH, {"code": FIVE}, ("code", "method", "protocol")
    ),
    Counted("caddy_http_request_duration_seconds_count", GATEWAY_5XX, Made.GROWTH, {"code": FIVE}, ("code", "method")),
    # How attempts at targets failed (Envoy, "Cluster manager", "Statistics")
    *(
        Counted(f"envoy_cluster_upstream_{what}", name, Made.GROWTH)
        for what, name in (
            ("cx_connect_fail", GATEWAY_CONNECTS_FAILED),
            ("cx_connect_timeout", GATEWAY_CONNECTS_TIMED_OUT),
            ("cx_none_healthy", GATEWAY_NO_TARGET),
            ("rq_pending_overflow", GATEWAY_TURNED_AWAY),
            ("rq_timeout", GATEWAY_ANSWERS_TIMED_OUT),
            ("cx_destroy_remote_with_active_rq", GATEWAY_CUT),
        )
    ),
    # The same in Istio (Envoy, "Access logging", `%RESPONSE_FLAGS%`): an answer without a flag was passed on
    *(
        Counted(
            "istio_requests_total",
            name,
            Made.GROWTH,
            {"response_code": FIVE, "reporter": "source", "response_flags": flags},
        )
        for flags, name in (
            ("-", GATEWAY_PASSED_ON),
            (_flag("UF"), GATEWAY_CONNECTS_FAILED),
            (_flag("UH"), GATEWAY_NO_TARGET),
            (_flag("UO"), GATEWAY_TURNED_AWAY),
            (_flag("UT"), GATEWAY_ANSWERS_TIMED_OUT),
            (_flag("UC"), GATEWAY_CUT),
        )
    ),
    # The same of HAProxy's servers (its "Prometheus exporter")
    Counted("haproxy_server_http_responses_total", GATEWAY_PASSED_ON, Made.GROWTH, {"code": "5xx"}),
    Counted("haproxy_server_connection_errors_total", GATEWAY_CONNECTS_FAILED, Made.GROWTH),
    Counted("haproxy_server_response_errors_total", GATEWAY_WAITS_FAILED, Made.GROWTH),
    # What proxies think of their targets
    Counted("envoy_cluster_membership_healthy", HEALTHY, Made.VALUE),
    Counted("haproxy_backend_active_servers", HEALTHY, Made.VALUE),
    # 0 or 1 for each target (Caddy "Monitoring Caddy with Prometheus metrics"; Traefik "Metrics", "Service")
    Counted("caddy_reverse_proxy_upstreams_healthy", HEALTHY, Made.VALUE, merged=("upstream",)),
    Counted("traefik_service_server_up", HEALTHY, Made.VALUE, merged=("url",)),
)

SHARES: Final = (
    Share("node_memory_MemAvailable_bytes", "node_memory_MemTotal_bytes", MEMORY_USED, rest=True),
    # cAdvisor; the working set is what the OOM killer compares with the limit
    Share("container_memory_working_set_bytes", "container_spec_memory_limit_bytes", MEMORY_USED),
    # cAdvisor, cpu.stat of the control group: periods in which its quota was used up
    Share("container_cpu_cfs_throttled_periods_total", "container_cpu_cfs_periods_total", THROTTLED, growth=True),
    # Prometheus' client libraries, of the very process that is scraped
    Share("process_open_fds", "process_max_fds", DESCRIPTORS),
    Share("node_nf_conntrack_entries", "node_nf_conntrack_entries_limit", TRACKED),
)
