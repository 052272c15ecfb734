"""Limits told by command lines and environments of containers, as kubectl and Docker show them."""

from __future__ import annotations

import json
from io import BytesIO

import pytest

from why502.model.evidence import Source
from why502.model.settings import TargetSetting
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading

DESCRIBED = """\
Name:             shop-7d9f
Namespace:        prod
IP:               10.0.0.7
IPs:
  IP:           10.0.0.7
Init Containers:
  migrate:
    Command:
      gunicorn
      -t
      1
    State:          Terminated
      Reason:       Completed
      Exit Code:    0
Containers:
  app:
    Container ID:  containerd://1234
    Image:         shop:41
    Port:          8000/TCP
    Host Port:     0/TCP
    Command:
      /bin/sh
      -c
    Args:
      ./migrate
      exec gunicorn app:app --timeout $TIMEOUT -w 3
    State:          Running
      Started:      Fri, 20 Nov 2026 10:00:31 +0000
    Ready:          True
    Environment:
      TIMEOUT:            25
      GUNICORN_CMD_ARGS:  --backlog 64
      WEB_CONCURRENCY:    <set to the key 'workers' in secret 'shop'>  Optional: false
      MY_POD_IP:           (v1:status.podIP)
    Mounts:               <none>
  side:
    Command:
      gunicorn
      -c
      conf.py
      --backlog
      40
    State:          Running
Conditions:
  Type              Status
  Ready             True
"""


def recognised(text: str) -> Reading:
    """Read by whatever reader its content asks for."""
    reader = recognise(text.encode())
    assert reader is not None
    return reader.read(EvidenceFile("x", lambda: BytesIO(text.encode())))


def limits(text: str) -> list[str]:
    found = [fact for fact in recognised(text).facts if isinstance(fact, TargetSetting)]
    return [f"{s} [{s.at}] {s.address} {','.join(s.hosts)}".strip() for s in found]


def pod(**container: object) -> str:
    """core/v1 Pod, as far as it matters here."""
    status = {"podIP": "10.0.0.7", "containerStatuses": [{"name": "app", "state": {}, "lastState": {}}]}
    spec = {"containers": [{"name": "app", **container}]}
    return json.dumps({"kind": "Pod", "metadata": {"name": "shop"}, "spec": spec, "status": status})


def test_a_pod_tells_limits_of_its_server() -> None:
    """In its command line, and in what the server reads from its environment."""
    env = [{"name": "WEB_CONCURRENCY", "value": "3"}, {"name": "T", "value": "25"}]
    text = pod(command=["gunicorn"], args=["app", "-t", "$(T)"], env=env, ports=[{"containerPort": 8000}])
    assert limits(text) == [
        "workers 3 of gunicorn [x:shop/app environment] 8000 10.0.0.7",
        "timeout 25 s of gunicorn [x:shop/app command line] 8000 10.0.0.7",
    ]
    assert recognised(text).input.also == (Source.CONFIGURATION,)
    assert recognised(text).input.records == 1


@pytest.mark.parametrize(
    "container",
    [
        {},
        {"command": None, "args": None, "env": None, "ports": None},
        {"command": ["puma", "-t", "5:5"], "env": [{"name": "WEB_CONCURRENCY", "valueFrom": {"secretKeyRef": {}}}]},
        {"command": ["puma", "-t", "5:5"], "envFrom": [{"configMapRef": {"name": "shop"}}]},
        {"image": "gunicorn", "args": ["-t", "30"]},
    ],
)
def test_what_is_told_elsewhere_is_unknown(container: dict[str, object]) -> None:
    """An image's own command, and what another object holds."""
    assert limits(pod(**container)) == []
    assert recognised(pod(**container)).input.also == ()


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ({"env": [{"name": "SERVER_TOMCAT_ACCEPT_COUNT", "value": "5"}, {"name": "SERVER_PORT", "value": "8081"}]},
         ["server.tomcat.acceptcount 5 of Spring Boot [x:shop/app command line] 8081 10.0.0.7"]),
        ({"command": ["java", "-Dserver.tomcat.threads.max=20", "-jar", "a.jar", "--server.tomcat.threads.max=30"],
          "env": [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx1g -Dserver.port=8082"}]},
         ["server.tomcat.threads.max 30 of Spring Boot [x:shop/app command line] 8082 10.0.0.7"]),
        ({"command": ["java", "-Ddw.server.applicationConnectors[0].acceptQueueSize=1", "-jar", "a.jar"]},
         ["server.applicationConnectors.acceptQueueSize 1 of Dropwizard [x:shop/app command line]  10.0.0.7"]),
    ],
)  # fmt: skip
def test_java_is_told_in_properties(container: dict[str, object], expected: list[str]) -> None:
    """Spring Boot, "Externalized Configuration"; Dropwizard, "Configuration" (`dw.`)."""
    assert limits(pod(**container)) == expected


def test_a_described_pod_tells_the_same() -> None:
    """A script may stand on several lines; containers that ended before the others started serve nothing."""
    assert limits(DESCRIBED) == [
        "backlog 64 of gunicorn [x:shop-7d9f/app environment:1] 8000 10.0.0.7",
        "workers 3 of gunicorn [x:shop-7d9f/app command line:1] 8000 10.0.0.7",
        "timeout 25 s of gunicorn [x:shop-7d9f/app command line:1] 8000 10.0.0.7",
        "backlog 40 of gunicorn [x:shop-7d9f/side command line:1]  10.0.0.7",
    ]


def test_docker_tells_them_with_the_published_port() -> None:
    """Containers reach it by its address or its names, others by a port of its machine."""
    told = {
        "Name": "/shop",
        "Path": "docker-entrypoint.sh",
        "Args": ["uvicorn", "app:app", "--port", "8000"],
        "State": {"Running": True, "OOMKilled": False, "FinishedAt": "0001-01-01T00:00:00Z"},
        "Config": {"Env": ["UVICORN_TIMEOUT_KEEP_ALIVE=2"]},
        "NetworkSettings": {
            "Networks": {"web": {"IPAddress": "172.18.0.3", "Aliases": ["api"]}},
            "Ports": {"8000/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}, {"HostIp": "::", "HostPort": "8080"}]},
        },
    }
    assert limits(json.dumps([told])) == [
        "--timeout-keep-alive 2 s of uvicorn [x#shop environment#1] 8000 172.18.0.3,shop,api",
        "--timeout-keep-alive 2 s of uvicorn [x#shop environment#1] 8080",
    ]
