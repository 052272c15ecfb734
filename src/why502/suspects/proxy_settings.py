"""What the settings are called that a remedy asks for, in the proxy at hand.

From the proxies' own references: nginx `ngx_http_upstream_module` and `ngx_http_proxy_module`, HAProxy's configuration
manual, Apache `mod_proxy`, Caddy `reverse_proxy`, Traefik `serversTransport`, Varnish and Traffic Server parameters,
attributes of AWS Application Load Balancers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from why502.facts.scene import Cluster

POOL_IDLE: Final[Mapping[str, str]] = {
    "nginx": "keepalive_timeout in the upstream block",
    "alb": "attribute idle_timeout.timeout_seconds",
    "haproxy": "`pool-max-conn 0` on the server line keeps no idle connection",
    "apache": "ttl= of ProxyPass or BalancerMember",
    "caddy": "keepalive in `transport http`",
    "traefik": "serversTransport.forwardingTimeouts.idleConnTimeout",
    "varnish": "parameter backend_idle_timeout",
    "trafficserver": "proxy.config.http.keep_alive_no_activity_timeout_out",
}
"""How long it keeps idle connections to a target."""

READ_TIMEOUT: Final[Mapping[str, str]] = {
    "nginx": "proxy_read_timeout",
    "alb": "attribute idle_timeout.timeout_seconds",
    "haproxy": "timeout server",
    "apache": "ProxyTimeout, or timeout= of ProxyPass",
    "caddy": "response_header_timeout in `transport http`",
    "traefik": "serversTransport.forwardingTimeouts.responseHeaderTimeout",
    "varnish": "first_byte_timeout of the backend",
    "trafficserver": "proxy.config.http.transaction_no_activity_timeout_out",
}
"""How long it waits for an answer."""

HEADERS: Final[Mapping[str, str]] = {
    "nginx": "proxy_buffer_size 16k; proxy_busy_buffers_size 24k;",
    "haproxy": "tune.bufsize in the global section",
    "apache": "responsefieldsize= of ProxyPass, for one field",
    "caddy": "max_response_header in `transport http`",
    "varnish": "parameters http_resp_size, and http_resp_hdr_len for one line",
    "trafficserver": "proxy.config.http.response_header_max_size",
}
"""How much of an answer's headers it takes."""

UNCHANGEABLE: Final[Mapping[str, str]] = {"alb": "An ALB takes 32 K of headers, which cannot be changed."}
"""Said in place of a setting."""


def read_longer(cluster: Cluster) -> Remedy:
    return _named("Raise the proxy's read timeout only if the work really takes that long", READ_TIMEOUT, cluster)


def pool_shorter(cluster: Cluster) -> Remedy:
    return _named("Until then, lower the proxy's idle timeout towards the target", POOL_IDLE, cluster)


def take_larger_headers(cluster: Cluster) -> Remedy:
    if (proxies := _proxies(cluster)) and proxies <= UNCHANGEABLE.keys():
        return Remedy(" ".join(UNCHANGEABLE[proxy] for proxy in sorted(proxies)))
    return _named("Raise the proxy's limit for answer headers", HEADERS, cluster)


def _named(text: str, settings: Mapping[str, str], cluster: Cluster) -> Remedy:
    """The sentence, with the settings of the proxies that logged it; as it is where none is known."""
    told = [f"{proxy}: {settings[proxy]}" for proxy in sorted(_proxies(cluster)) if proxy in settings]
    return Remedy(f"{text} ({'; '.join(told)})." if told else f"{text}.")


def _proxies(cluster: Cluster) -> frozenset[str]:
    return frozenset(place.request.proxy for place in cluster.logged)
