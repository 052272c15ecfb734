"""Configurations of gateways, and what they set: `Setting` as text, with its timers and its group."""

from __future__ import annotations

NGINX = """http {
  proxy_read_timeout 5s;
  upstream shop { server 10.0.0.7:80; keepalive 8; keepalive_timeout 75s; }
  server {
    listen 80;
    keepalive_timeout 65;  # of clients
    location /slow {
      proxy_pass http://shop;
      proxy_read_timeout
        2m;
      proxy_next_upstream_tries 3;
      fastcgi_connect_timeout 300ms; grpc_send_timeout "1m 30s"; uwsgi_read_timeout never;
    }
  }
}
"""
HAPROXY = """global
  maxconn 10
defaults
  timeout connect 2s
  timeout server 4000
  timeout http-keep-alive 1m
  retries 3
backend shop
  timeout server 10s # slow
  # timeout queue 1s
  timeout queue 500
  server a 10.0.0.7:80
"""
APACHE = """ServerName shop.example
ProxyTimeout 5
<VirtualHost *:80>
  ProxyPass /a http://10.0.0.7:80/ timeout=7 connectiontimeout=500ms ttl=60 \\
     retry=0
  <Proxy balancer://shop>
    BalancerMember http://10.0.0.8:80 timeout=9
  </Proxy>
  Timeout 30
</VirtualHost>
"""
VCL = """vcl 4.1;
# backend other { .connect_timeout = 9s; }
backend shop {
  .host = "10.0.0.7"; /* .first_byte_timeout = 1s; */
  .connect_timeout = 500ms; .first_byte_timeout = 5m;
  .probe = { .url = "/{"; .timeout = 1s; }
  .between_bytes_timeout = 2s;
}
sub vcl_recv {
  // set bereq.connect_timeout = 1s;
  if (req.url ~ "^/a") { set req.http.x = "}"; }
}
sub vcl_backend_fetch {
  if (bereq.url ~ "^/report") { set bereq.first_byte_timeout = 600s; }
}
"""
RECORDS_CONFIG = """# CONFIG proxy.config.http.connect_attempts_timeout INT 1
CONFIG proxy.config.http.connect_attempts_max_retries INT 3
CONFIG proxy.config.http.connect_attempts_timeout INT 30
CONFIG proxy.config.http.transaction_no_activity_timeout_out INT 30
CONFIG proxy.config.http.keep_alive_no_activity_timeout_out INT 120
CONFIG proxy.config.http.parent_proxy.connect_attempts_timeout INT 7
CONFIG proxy.config.http.transaction_no_activity_timeout_in INT 31
"""
"""Names and values as Debian's trafficserver installs them."""
REMAP_CONFIG = """map http://shop.example/ http://10.0.0.7:80/
map http://shop.example/slow http://10.0.0.7:80/slow @plugin=conf_remap.so \
@pparam=proxy.config.http.transaction_no_activity_timeout_out=5
""".replace("\\\n", "")
RECORDS_YAML = """# version 10
records:
  http:
    connect_attempts_timeout: 30
    connect_attempts_max_retries: 3
    parent_proxy:
      connect_attempts_timeout: 7
    keep_alive_no_activity_timeout_out: 120
"""
CADDYFILE = """shop.example {
\treverse_proxy 10.0.0.7:80 {
\t\ttransport http {
\t\t\tdial_timeout 500ms
\t\t\tresponse_header_timeout 5s # enough
\t\t\tkeepalive off
\t\t}
\t}
}
"""
ENVOY = """static_resources:
  listeners:
  - name: in
    filter_chains:
    - filters:
      - typed_config:
          common_http_protocol_options: {idle_timeout: 3600s}  # of clients
          route_config:
            virtual_hosts:
            - name: all
              routes:
              - match: { prefix: "/" }
                route: { cluster: shop, timeout: 7s, retry_policy: { per_try_timeout: 2s } }
              - match: { prefix: "/b" }
                route:
                  timeout: 0s
                  cluster: other
  clusters:
  - name: shop
    connect_timeout: 0.25s
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        common_http_protocol_options:
          idle_timeout: 30s
  - connect_timeout: { seconds: 3 }
    name: other
"""
TRAEFIK_TOML = """[http.serversTransports.mine.forwardingTimeouts]
  dialTimeout = "30s"
  idleConnTimeout = "90s" # as Go
"""
CADDY_JSON = (
    '{"apps":{"http":{"servers":{"srv0":{"routes":[{"handle":[{"handler":"reverse_proxy","transport":'
    '{"protocol":"http","dial_timeout":3000000000,\n"keep_alive":{"idle_timeout":"2m"}}}]}]}}}}}'
)
ALB = """{
    "Attributes": [
        {
            "Key": "access_logs.s3.enabled",
            "Value": "true"
        },
        {
            "Value": "120",
            "Key": "idle_timeout.timeout_seconds"
        }
    ]
}"""
INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  annotations:
    note: |
      nginx.ingress.kubernetes.io/proxy-read-timeout: "1"
    nginx.ingress.kubernetes.io/proxy-read-timeout: "120"
    alb.ingress.kubernetes.io/load-balancer-attributes: idle_timeout.timeout_seconds=600,routing.http2.enabled=true
"""
CLOUDFRONT = (
    '{"DistributionConfig":{"Origins":{"Items":[{"Id":"x","ConnectionAttempts":3,"ConnectionTimeout":10,\n'
    '"CustomOriginConfig":{"OriginReadTimeout":30,"OriginKeepaliveTimeout":5}}]}}}'
)

EXPECTED = {
    NGINX: [
        "proxy_read_timeout 5 s [x:2] wait",
        "keepalive_timeout 75 s in upstream shop [x:3] pool shop",
        "proxy_read_timeout 120 s in location /slow [x:9] wait",
        "proxy_next_upstream_tries 3 tries in location /slow [x:11] connect wait",
        "fastcgi_connect_timeout 0.3 s in location /slow [x:12] connect",
        "grpc_send_timeout 90 s in location /slow [x:12] send",
    ],
    HAPROXY: [
        "timeout connect 2 s [x:4] connect",
        "timeout server 4 s [x:5] wait send",
        "timeout http-keep-alive 60 s [x:6]",
        "retries 4 tries [x:7] connect",
        "timeout server 10 s in backend shop [x:9] wait send shop",
        "timeout queue 0.5 s in backend shop [x:11] queue shop",
    ],
    APACHE: [
        "ProxyTimeout 5 s [x:2] connect send wait",
        "timeout= 7 s in ProxyPass http://10.0.0.7:80/ [x:4] send wait",
        "connectiontimeout= 0.5 s in ProxyPass http://10.0.0.7:80/ [x:4] connect",
        "ttl= 60 s in ProxyPass http://10.0.0.7:80/ [x:4] pool",
        "timeout= 9 s in BalancerMember http://10.0.0.8:80 [x:7] send wait connect",
        "Timeout 30 s in VirtualHost *:80 [x:9] connect send wait",
    ],
    CADDYFILE: [
        "dial_timeout 0.5 s in reverse_proxy 10.0.0.7:80 [x:4] connect",
        "response_header_timeout 5 s in reverse_proxy 10.0.0.7:80 [x:5] wait",
        "keepalive 0 s in reverse_proxy 10.0.0.7:80 [x:6] pool",
    ],
    ENVOY: [
        "route.timeout 7 s in cluster shop [x:13] wait shop",
        "per_try_timeout 2 s in cluster shop [x:13] wait shop",
        "route.timeout 0 s in cluster other [x:16] wait other",
        "connect_timeout 0.25 s in cluster shop [x:20] connect shop",
        "idle_timeout 30 s in cluster shop [x:24] pool shop",
        "connect_timeout 3 s in cluster other [x:25] connect other",
    ],
    '{"clusters": [{"name": "a", "connect_timeout": "1s"},\n{"connectTimeout": "2.5s", "name": "b"}]}': [
        "connect_timeout 1 s in cluster a [x:1] connect a",
        "connectTimeout 2.5 s in cluster b [x:2] connect b",
    ],
    "serversTransport:\n  forwardingTimeouts:\n    dialTimeout: 42s\n    responseHeaderTimeout: 7\n": [
        "dialTimeout 42 s [x:3] connect",
        "responseHeaderTimeout 7 s [x:4] wait",
    ],
    TRAEFIK_TOML: [
        "dialTimeout 30 s in http.serversTransports.mine.forwardingTimeouts [x:2] connect",
        "idleConnTimeout 90 s in http.serversTransports.mine.forwardingTimeouts [x:3] pool",
    ],
    CADDY_JSON: [
        "dial_timeout 3 s in apps.http.servers.srv0.routes.handle.transport [x:1] connect",
        "keep_alive.idle_timeout 120 s in apps.http.servers.srv0.routes.handle.transport.keep_alive [x:2] pool",
    ],
    ALB: ["idle_timeout.timeout_seconds 120 s [x:9] wait send pool"],
    # docs.aws.amazon.com/cli, `aws elbv2 describe-target-group-attributes`, shortened
    '{"Attributes": [{"Value": "false", "Key": "stickiness.enabled"},\n'
    '{"Value": "300", "Key": "deregistration_delay.timeout_seconds"}]}': [
        "deregistration_delay.timeout_seconds 300 s [x:2] drain"
    ],
    "metadata:\n  annotations:\n    alb.ingress.kubernetes.io/target-group-attributes: "
    "deregistration_delay.timeout_seconds=30,slow_start.duration_seconds=60\n": [
        "deregistration_delay.timeout_seconds 30 s [x:3] drain"
    ],
    '{"LoadBalancerAttributes": {"ConnectionSettings": {"IdleTimeout": 60}}}': [
        "IdleTimeout 60 s [x:1] wait send pool"
    ],
    INGRESS: [
        "idle_timeout.timeout_seconds 600 s [x:9] wait send pool",
        "nginx.ingress.kubernetes.io/proxy-read-timeout 120 s in shop [x:8] wait",
    ],
    CLOUDFRONT: [
        "ConnectionAttempts 3 tries in DistributionConfig.Origins.Items [x:1] connect",
        "ConnectionTimeout 10 s in DistributionConfig.Origins.Items [x:1] connect",
        "OriginReadTimeout 30 s in DistributionConfig.Origins.Items.CustomOriginConfig [x:2] wait",
        "OriginKeepaliveTimeout 5 s in DistributionConfig.Origins.Items.CustomOriginConfig [x:2] pool",
    ],
    VCL: [
        "connect_timeout 0.5 s in backend shop [x:5] connect shop",
        "first_byte_timeout 300 s in backend shop [x:5] wait shop",
        "between_bytes_timeout 2 s in backend shop [x:7] wait shop",
        "bereq.first_byte_timeout 600 s in sub vcl_backend_fetch [x:14] wait",
    ],
    RECORDS_CONFIG: [
        "connect_attempts_max_retries 4 tries [x:2] connect",
        "connect_attempts_timeout 30 s [x:3] connect",
        "transaction_no_activity_timeout_out 30 s [x:4] wait",
        "keep_alive_no_activity_timeout_out 120 s [x:5] pool",
    ],
    REMAP_CONFIG: ["transaction_no_activity_timeout_out 5 s in map http://shop.example/slow [x:2] wait"],
    RECORDS_YAML: [
        "connect_attempts_timeout 30 s [x:4] connect",
        "connect_attempts_max_retries 4 tries [x:5] connect",
        "keep_alive_no_activity_timeout_out 120 s [x:8] pool",
    ],
    "kind: compute#backendService\nname: web\ntimeoutSec: 45\n": ["timeoutSec 45 s in web [x:3] wait"],
    '{"timeoutSec": 45, "kind": "compute#backendService"}': ["timeoutSec 45 s [x:1] wait"],
    "apiVersion: networking.istio.io/v1\nkind: VirtualService\nspec:\n  http:\n  - timeout: 10s\n": [
        "VirtualService http.timeout 10 s in spec.http [x:5] wait"
    ],
}
