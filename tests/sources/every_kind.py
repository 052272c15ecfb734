"""For each reader of evidence that is neither a log nor a capture: one text that it recognises and reads.

Taken from the tests of the readers themselves, which say where it comes from.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from tests.sources import test_bundle, test_varnishlog
from tests.sources.changes import test_endings, test_exports, test_git_log, test_jvm_gc_log, test_syslog
from tests.sources.changes import test_worker_logs as workers
from tests.sources.configurations import gateways, servers
from tests.sources.configurations.targets import test_containers
from tests.sources.printed.test_reader import SS
from tests.sources.prometheus.test_reader import DOCUMENTED
from tests.sources.test_cloudwatch import RESULT
from why502.model.manifest import BUNDLE_SCHEMA, EVENTS_SCHEMA, Manifest
from why502.sources.gather import recognise

if TYPE_CHECKING:
    from collections.abc import Iterator

_MANIFEST = msgspec.json.encode(Manifest(BUNDLE_SCHEMA, "why502 0", "h", "6", 1.0, 2.0, (), (), (), ())).decode()
_EVENTS = f'{{"schema":"{EVENTS_SCHEMA}"}}\n{{"at_s":1.5,"kind":"exit","pid":7,"process":"java"}}\n'
_OOM = {"reason": "OOMKilling", "message": "Killed process 4711 (java)"}
_POD = test_containers.pod(
    command=["sh", "-c", "exec gunicorn -t $T app"], env=[{"name": "T", "value": "30"}], ports=[{"containerPort": 80}]
)
_CONTAINER = {
    "Name": "/shop",
    "Path": "uvicorn",
    "Args": ["app:app", "--port", "8000"],
    "RestartCount": 2,
    "State": {"Running": True, "OOMKilled": True, "ExitCode": 137, "FinishedAt": test_endings.FINISHED},
    "Config": {"Env": ["UVICORN_TIMEOUT_KEEP_ALIVE=2"]},
    "NetworkSettings": {
        "Networks": {"web": {"IPAddress": "172.18.0.3", "Aliases": ["api"]}},
        "Ports": {"8000/tcp": [{"HostIp": "0.0.0.0", "HostPort": "8080"}], "9000/udp": None},
    },
}
_NGINX = "http {\n  log_format a '$remote_addr $status';\n  upstream b {\n    keepalive_timeout 5s;\n  }\n}\n"

TEXTS = (
    msgspec.json.encode(test_bundle.RECORD).decode(),
    _EVENTS,
    _MANIFEST,
    json.dumps(test_exports.APPLICATION, indent=1),
    json.dumps(test_exports.DEPLOYMENT, indent=1),
    test_containers.DESCRIBED,
    json.dumps([_CONTAINER], indent=1),
    *test_git_log.BLOCKS.values(),
    (test_exports.STARTED + test_exports.STOPPING + test_exports.EXITED).decode(),
    f"{test_jvm_gc_log.SAFEPOINT}\n{test_jvm_gc_log.TIME}[info][gc] GC(7) Pause Full (G1) 9M->8M(9M) 12345.678ms\n",
    test_exports.listed(test_exports.event("OOMKilling", "x"), test_exports.event("Killing", "y")).decode(),
    "time,change\n2018-08-28T20:17:23Z,upgrade\n",
    _POD,
    f"Mar 10 09:59:59 app-1 kernel: [88213.115640] {test_syslog.KILLED}\n",
    f"{workers.GUNICORN}[CRITICAL] WORKER TIMEOUT (pid:700)\n",
    f"{workers.PHP}WARNING: [pool www] child 800 exited on signal 11 (SIGSEGV) after 5.000001 seconds from start\n",
    f'{workers.UWSGI}*** uWSGI listen queue of socket ":3031" (fd: 3) full !!! (101/100) ***\n',
    f"E{workers.UNICORN} ERROR -- : worker=0 PID:700 timeout (61s > 60s), killing\n",
    f"{workers.PUMA}[1] ! Terminating timed out worker (worker failed to check in within 60 seconds): 700\n",
    json.dumps({"MetricDataResults": [RESULT], "Messages": []}),
    *gateways.EXPECTED,
    *servers.EXPECTED,
    _NGINX,
    SS,
    DOCUMENTED.decode(),
    test_varnishlog.RETRIED,
)


def kinds() -> Iterator[str]:
    """Those that recognise one of the texts."""
    for text in TEXTS:
        reader = recognise(text.encode())
        if reader is not None:
            yield reader.kind
