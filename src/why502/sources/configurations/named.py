"""Which keys of which configurations are timers of the gateway.

Keys stand in lower case without `_` and `-`, from the outer to the inner; elements of lists do not count. Sources:
envoyproxy.io (Cluster, RouteAction, HttpProtocolOptions), istio.io (DestinationRule, VirtualService), doc.traefik.io
(forwardingTimeouts), caddyserver.com/docs/json (reverse_proxy/transport/http: durations in nanoseconds or as text),
kubernetes.github.io/ingress-nginx (annotations, ConfigMap), AWS (load balancer attributes, DistributionConfig), Google
Cloud (backendServices.timeoutSec), Azure (backendHttpSettings.requestTimeout), Traffic Server (records.yaml).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from why502.model.settings import Timer

CONNECT: Final = (Timer.CONNECT,)
WAIT: Final = (Timer.WAIT,)
SEND: Final = (Timer.SEND,)
POOL: Final = (Timer.POOL,)
TRIES: Final = ()
"""A number of tries, no length of time."""


class Rule(NamedTuple):
    """What one key means."""

    proxy: str
    timers: tuple[Timer, ...]
    unit: str = "s"
    """Of a number without one."""
    inside: str = ""
    """A key that has to stand somewhere around it."""
    by_group: bool = False
    """The name around it is that of the group in the proxy's log."""
    everywhere: bool = False
    called: str = ""
    """How to name it, where its own key says too little."""
    kinds: tuple[str, ...] = ()
    """What the object around it must be of ('kind: ...'); none: anything."""
    first: int = 0
    """What to add to a number of tries: 1 where the first one does not count."""


_ENVOY_CLUSTERS: Final = ("clusters", "cluster", "resources")
_INGRESS: Final = "nginx.ingress.kubernetes.io/"

RULES: Final[dict[tuple[str, ...], Rule]] = {
    **{(each, "connecttimeout"): Rule("envoy", CONNECT, by_group=True) for each in _ENVOY_CLUSTERS},
    **{(each, "connecttimeout", "seconds"): Rule("envoy", CONNECT, by_group=True, called="connect_timeout")
       for each in _ENVOY_CLUSTERS},
    **{(each, "commonhttpprotocoloptions", "idletimeout"): Rule("envoy", POOL, by_group=True)
       for each in _ENVOY_CLUSTERS},
    ("explicithttpconfig", "commonhttpprotocoloptions", "idletimeout"): Rule("envoy", POOL, by_group=True),
    ("envoy.extensions.upstreams.http.v3.httpprotocoloptions", "commonhttpprotocoloptions", "idletimeout"): Rule(
        "envoy", POOL, by_group=True
    ),
    ("routes", "route", "timeout"): Rule("envoy", WAIT, by_group=True, called="route.timeout"),
    ("route", "retrypolicy", "pertrytimeout"): Rule("envoy", WAIT, by_group=True),
    ("connectionpool", "tcp", "connecttimeout"): Rule("envoy", CONNECT, inside="trafficpolicy"),
    ("connectionpool", "http", "idletimeout"): Rule("envoy", POOL, inside="trafficpolicy"),
    ("spec", "http", "timeout"): Rule("envoy", WAIT, called="VirtualService http.timeout", kinds=("VirtualService",)),
    ("spec", "http", "retries", "pertrytimeout"): Rule("envoy", WAIT, kinds=("VirtualService",)),
    ("forwardingtimeouts", "dialtimeout"): Rule("traefik", CONNECT),
    ("forwardingtimeouts", "responseheadertimeout"): Rule("traefik", WAIT),
    ("forwardingtimeouts", "idleconntimeout"): Rule("traefik", POOL),
    ("serverstransport", "forwardingtimeouts", "dialtimeout"): Rule("traefik", CONNECT, everywhere=True),
    ("serverstransport", "forwardingtimeouts", "responseheadertimeout"): Rule("traefik", WAIT, everywhere=True),
    ("serverstransport", "forwardingtimeouts", "idleconntimeout"): Rule("traefik", POOL, everywhere=True),
    ("transport", "dialtimeout"): Rule("caddy", CONNECT, "ns"),
    ("transport", "responseheadertimeout"): Rule("caddy", WAIT, "ns"),
    ("transport", "readtimeout"): Rule("caddy", WAIT, "ns", inside="handle"),
    ("transport", "writetimeout"): Rule("caddy", SEND, "ns", inside="handle"),
    ("transport", "keepalive", "idletimeout"): Rule("caddy", POOL, "ns", called="keep_alive.idle_timeout"),
    **{("annotations", f"{_INGRESS}proxy{name}timeout"): Rule("nginx", timers) for name, timers in
       (("connect", CONNECT), ("send", SEND), ("read", WAIT))},
    ("annotations", f"{_INGRESS}proxynextupstreamtries"): Rule("nginx", TRIES),
    **{("data", f"proxy{name}timeout"): Rule("nginx", timers, everywhere=True) for name, timers in
       (("connect", CONNECT), ("send", SEND), ("read", WAIT))},
    ("data", "upstreamkeepalivetimeout"): Rule("nginx", POOL, everywhere=True),
    ("connectionsettings", "idletimeout"): Rule("elb", (*WAIT, *SEND, *POOL), everywhere=True),
    ("annotations", "service.beta.kubernetes.io/awsloadbalancerconnectionidletimeout"): Rule(
        "elb", (*WAIT, *SEND, *POOL), everywhere=True, called="aws-load-balancer-connection-idle-timeout"
    ),
    ("customoriginconfig", "originreadtimeout"): Rule("cloudfront", WAIT),
    ("customoriginconfig", "originkeepalivetimeout"): Rule("cloudfront", POOL),
    ("origins", "items", "connectiontimeout"): Rule("cloudfront", CONNECT),
    ("origins", "items", "connectionattempts"): Rule("cloudfront", TRIES),
    ("timeoutsec",): Rule("gcp", WAIT, kinds=("compute#backendService", "BackendConfig")),
    ("backendhttpsettingscollection", "requesttimeout"): Rule("azure", WAIT),
    **{("http", name): Rule("trafficserver", timers, inside="records", everywhere=True, first=1) for name, timers in
       (("connectattemptstimeout", CONNECT), ("transactionnoactivitytimeoutout", WAIT),
        ("transactionactivetimeoutout", WAIT), ("keepalivenoactivitytimeoutout", POOL),
        ("connectattemptsmaxretries", TRIES))},
}  # fmt: skip
"""The longest that fits the end of a key's path counts."""

MOST_KEYS: Final = max(len(path) for path in RULES)

ATTRIBUTES: Final = {
    "idle_timeout.timeout_seconds": (Timer.WAIT, Timer.SEND, Timer.POOL),
    "deregistration_delay.timeout_seconds": (Timer.DRAIN,),
}
"""Of an ALB (`aws elbv2 describe-load-balancer-attributes`): one timer for clients and targets, waiting or idle. Of its
target group (`aws elbv2 describe-target-group-attributes`): how long it waits for requests in flight."""
