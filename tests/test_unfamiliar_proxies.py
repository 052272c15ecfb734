"""Lines of proxies that the lab does not run, after the vendors' documents: nothing is named wrongly.

Where the proxy's own words name the failure, the cause follows; where they leave it open, no cause is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from why502.diagnosis import diagnose

if TYPE_CHECKING:
    from pathlib import Path


def envoy(flags: str, details: str, reason: str = "-", status: int = 503, took_ms: int = 47) -> str:
    """Istio's default format; flags from envoyproxy.io "Access logging", details from "Response code details"."""
    return (
        f'[2026-11-22T21:26:%02d.409Z] "GET /a HTTP/1.1" {status} {flags} {details} - "{reason}" 0 91 {took_ms} - "-" '
        '"curl/8.5.0" "84961386" "httpbin:8000" "10.44.1.27:80" outbound|8000||httpbin - 10.0.45.184:8000 '
        "10.44.1.23:46520 - -"
    )


def google(details: str) -> str:
    """cloud.google.com "HTTP(S) load balancing logging": statusDetails."""
    return (
        '{"httpRequest":{"latency":"0.012364s","remoteIp":"192.0.2.9","requestMethod":"GET","requestUrl":'
        '"https://shop.example/orders","serverIp":"10.0.0.7","status":502},"jsonPayload":{"@type":"type.googleapis.com/'
        f'google.cloud.loadbalancing.type.LoadBalancerLogEntry","statusDetails":"{details}"}},"resource":{{"labels":'
        '{"backend_service_name":"shop"},"type":"http_load_balancer"},"timestamp":"2026-11-22T19:37:%02d.123456Z"}'
    )


def cloudflare(status: int) -> str:
    """developers.cloudflare.com "HTTP requests" (Logpush) and "Cloudflare 5XX errors"."""
    return (
        '{"ClientIP":"192.0.2.9","ClientRequestHost":"shop.example","ClientRequestMethod":"GET","ClientRequestURI":"/a",'
        f'"EdgeEndTimestamp":"2026-11-22T19:37:%02dZ","EdgeResponseStatus":{status},"EdgeStartTimestamp":'
        '"2026-11-22T19:37:00Z","OriginIP":"10.0.0.7","OriginResponseStatus":0,"OriginTCPHandshakeDurationMs":0,'
        '"RayID":"3a6050bcbe121a87"}'
    )


def azure(error: str, status: int = 502) -> str:
    """learn.microsoft.com "Diagnostic logs for Application Gateway"."""
    return (
        '{"timeStamp":"2026-11-22T22:17:%02d+00:00","listenerName":"HTTP-Listener","category":'
        '"ApplicationGatewayAccessLog","properties":{"instanceId":"appgw_1","clientIP":"192.0.2.9","httpMethod":"GET",'
        f'"requestUri":"/a","httpStatus":{status},"timeTaken":0.034,"serverRouted":"10.0.0.7:80","serverStatus":"",'
        f'"serverResponseLatency":"0.028","error_info":"{error}"}}}}'
    )


def traefik(status: int, server: str = "http://10.0.0.7:8080", took: str = "3ms") -> str:
    """doc.traefik.io "Access logs" (CLF): the status is Traefik's own or the server's, and the line does not say."""
    return (
        f'192.0.2.9 - - [22/Nov/2026:19:37:%02d +0000] "GET /orders HTTP/1.1" {status} 11 "-" "curl/8.5.0" 42 '
        f'"shop@docker" "{server}" {took}'
    )


def heroku(code: str, words: str, took_ms: int = 20) -> str:
    """devcenter.heroku.com "Heroku error codes"."""
    return (
        f'2017-10-17T01:48:%02d.089446+00:00 heroku[router]: at=error code={code} desc="{words}" method=POST path="/a" '
        f'host=shop.example request_id=c fwd="192.0.2.9" dyno=web.1 connect=0ms service={took_ms}ms status=503 bytes=0'
    )


def iis(win32: int, substatus: int = 3) -> str:
    """learn.microsoft.com "Troubleshooting 502 errors in ARR"."""
    return f"2022-01-22 00:00:%02d 10.142.0.2 POST /orders - 443 - 192.0.2.9 curl/8.5.0 - 502 {substatus} {win32} 21"


def front_door(error: str, status: int = 503) -> str:
    """learn.microsoft.com "Monitor metrics and logs in Azure Front Door" (ErrorInfo)."""
    return (
        '{"time":"2021-12-15T03:10:%02d.000Z","category":"FrontDoorAccessLog","properties":{"httpMethod":"GET",'
        f'"requestUri":"https://shop.example:443/orders","clientIp":"192.0.2.9","timeTaken":"0.512","httpStatusCode":"{status}","pop":'
        f'"FRA","errorInfo":"{error}","originIp":"203.0.113.7:443","originName":"origin.example"}}}}'
    )


API_GATEWAY = (
    '{"requestId":"Y1","apiId":"pv9","ip":"192.0.2.9","requestTime":"22/Nov/2026:19:37:%02d +0000","httpMethod":"GET",'
    '"routeKey":"GET /orders","status":"503","integrationErrorMessage":"-","integrationLatency":"12"}'
)
KONG = (
    '{"source":"kong","started_at":17267838%02d000,"client_ip":"192.0.2.9","latencies":{"request":5,"kong":4,"proxy":1},'
    '"request":{"method":"GET","uri":"/orders"},"response":{"status":502},"service":{"name":"orders"},'
    '"tries":[{"ip":"10.0.0.7","port":8080,"state":"failed","code":502},{"ip":"10.0.0.7","port":8080}]}'
)
VARNISH = '127.0.0.1 - - [22/Nov/2026:20:35:%02d +0000] "GET http://shop.example/a HTTP/1.1" 503 283 "-" "-"'
CADDY = (
    '{"level":"error","ts":17953798%02d.10486,"logger":"http.log.access.log0","msg":"handled request","request":'
    '{"remote_ip":"127.0.0.1","remote_port":"44548","proto":"HTTP/1.1","method":"GET","host":"shop.example","uri":"/a",'
    '"headers":{}},"user_id":"","duration":0.002,"size":0,"status":502,"resp_headers":{"Server":["Caddy"]}}'
)
CLOUDFRONT = (
    "2019-12-04\t21:02:%02d\tLAX1\t392\t192.0.2.100\tGET\td111111abcdef8.cloudfront.net\t/index.html\t502\t-\tMozilla/5.0\t"
    "-\t-\tError\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ==\td111111abcdef8.cloudfront.net\thttps\t"
    "23\t0.112\t-\tTLSv1.2\tECDHE-RSA-AES128-GCM-SHA256\tError\tHTTP/2.0\t-\t-\t11040\t0.001\tOriginDnsError\t"
    "text/html\t78\t-\t-"
)

REFUSED, TLS, SLOW = "connection-refused", "tls-handshake-failed", "target-too-slow"

LINES = {
    "envoy-refused": (
        envoy("UF,URX", "upstream_reset_before_response_started{connection_failure}", "delayed connect error: 111"),
        {REFUSED},
    ),
    "envoy-connect-timeout": (envoy("UF", "upstream_reset_before_response_started{connection_timeout}"), set()),
    "envoy-reset-after-the-request": (
        envoy("UC", "upstream_reset_before_response_started{connection_termination}"),
        set(),
    ),
    "envoy-no-healthy-host": (envoy("UH", "no_healthy_upstream"), {"no-usable-target"}),
    "envoy-timeout": (envoy("UT", "response_timeout", status=504, took_ms=15000), {SLOW}),
    # Its parser fails on what is not HTTP, and on headers beyond its limit.
    "envoy-protocol-error": (
        envoy("UPE", "upstream_reset_before_response_started{protocol_error}", status=502),
        set(),
    ),
    "google-connect": (google("failed_to_connect_to_backend"), set()),
    "google-closed": (google("backend_connection_closed_before_data_sent_to_client"), set()),
    "google-headers": (google("backend_response_headers_too_long"), {"response-headers-too-large"}),
    "google-certificate": (google("ssl_certificate_chain_verification_failed"), {TLS}),
    "cloudflare-520": (cloudflare(520), set()),
    "cloudflare-521": (cloudflare(521), {REFUSED}),
    "cloudflare-522": (cloudflare(522), set()),
    "cloudflare-525": (cloudflare(525), {TLS}),
    "azure-closed": (azure("ERRORINFO_UPSTREAM_CLOSED_CONNECTION"), set()),
    "azure-no-live": (azure("ERRORINFO_UPSTREAM_NO_LIVE"), {"no-usable-target"}),
    "traefik-502": (traefik(502), set()),
    "traefik-no-server": (traefik(503, "-", "0ms"), {"no-usable-target"}),
    "varnish-503": (VARNISH, set()),
    "caddy-502": (CADDY, set()),
    "cloudfront-name": (CLOUDFRONT, {"name-not-resolved"}),
    "heroku-closed": (heroku("H13", "Connection closed without response"), set()),
    "heroku-timeout": (heroku("H12", "Request timeout", took_ms=30001), {SLOW}),
    "heroku-refused": (heroku("H21", "Backend connection refused"), {REFUSED}),
    "heroku-connect-timeout": (heroku("H19", "Backend connection timeout", took_ms=5001), set()),
    "heroku-interrupted": (heroku("H18", "Server Request Interrupted"), set()),
    "iis-timeout": (iis(12002), set()),
    "iis-connect": (iis(12029), set()),
    "iis-connection": (iis(12030), set()),
    "iis-name": (iis(12007), {"name-not-resolved"}),
    "iis-certificate": (iis(12175), {TLS}),
    "iis-no-server": (iis(0, substatus=4), {"no-usable-target"}),
    "front-door-not-established": (front_door("OriginConnectionRefused"), set()),
    "front-door-invalid": (front_door("OriginInvalidResponse"), set()),
    "front-door-timeout": (front_door("OriginTimeout", status=0), set()),
    "front-door-headers": (front_door("ResponseHeaderTooBig"), {"response-headers-too-large"}),
    "api-gateway-503": (API_GATEWAY, set()),
    "kong-502": (KONG, set()),
}


@pytest.mark.parametrize("name", LINES)
def test_only_what_the_proxy_says_is_named(name: str, tmp_path: Path) -> None:
    """Twelve failures alike; a cause that the words do not tell is not named with confidence."""
    line, allowed = LINES[name]
    log = tmp_path / "access.log"
    log.write_text("".join(line.replace("%02d", f"{second:02}") + "\n" for second in range(10, 58, 4)))
    document = diagnose([str(log)]).document
    assert document.failures.total == 12
    named = {v.cause: v.probability for v in document.verdicts}
    assert {cause for cause, p in named.items() if p >= 0.7} <= allowed
    if allowed - {SLOW}:
        assert set(named) == allowed
