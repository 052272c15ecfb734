"""Kubernetes events, the systemd journal, CodeDeploy, Argo CD: each from samples of public documentation."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.model.case import Change, KernelEvent
from why502.sources.changes import argocd, codedeploy, journal, kubernetes, syslog, worker_logs
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile

if TYPE_CHECKING:
    from why502.sources.interface import Reader, Reading

AT_S = 1535487443.0
AT = "2018-08-28T20:17:23Z"


def event(reason: str, message: str, **fields: object) -> dict[str, object]:
    """One event as the API reference of Kubernetes describes it (core/v1 Event)."""
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "reason": reason,
        "message": message,
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "api-5d59d67564-x2x7z"},
        "firstTimestamp": AT,
        "lastTimestamp": AT,
        "count": 1,
        **fields,
    }


def listed(*events: object) -> bytes:
    return json.dumps({"apiVersion": "v1", "items": events, "kind": "List"}).encode()


# docs.aws.amazon.com, CLI command reference, `aws deploy get-deployment`, its example output, shortened
DEPLOYMENT = {
    "deploymentInfo": {
        "applicationName": "WordPress_App",
        "status": "Succeeded",
        "deploymentOverview": {"Failed": 0, "InProgress": 0, "Skipped": 0, "Succeeded": 1, "Pending": 0},
        "deploymentConfigName": "CodeDeployDefault.OneAtATime",
        "creator": "user",
        "description": "My WordPress app deployment",
        "deploymentId": "d-A1B2C3123",
        "deploymentGroupName": "WordPress_DG",
        "createTime": 1409764576.589,
        "completeTime": 1409764596.101,
    }
}

# argo-cd.readthedocs.io, the Application custom resource; field names of `RevisionHistory`
APPLICATION = {
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "guestbook", "namespace": "argocd"},
    "status": {
        "history": [
            {
                "deployStartedAt": "2018-08-28T20:17:00Z",
                "deployedAt": AT,
                "id": 0,
                "revision": "53e28ff20cc530b9ada2173fbbd64d48338583ba",
                "source": {"path": "guestbook", "repoURL": "https://github.com/argoproj/argocd-example-apps.git"},
            }
        ]
    },
}


def record(message: str, at_s: float = AT_S, **fields: str) -> bytes:
    """One line of `journalctl -o json` (systemd.journal-fields(7)); ids as in systemd's message catalog."""
    return json.dumps({"__REALTIME_TIMESTAMP": f"{at_s * 1e6:.0f}", "MESSAGE": message, **fields}).encode() + b"\n"


STARTED = record("Started shop.service - the shop.", AT_S + 2, UNIT="shop.service", MESSAGE_ID=journal.STARTED)
STOPPING = record("Stopping shop.service - the shop...", UNIT="shop.service", MESSAGE_ID=journal.STOPPING)
EXITED = record(
    "shop.service: Main process exited, code=killed, status=9/KILL",
    AT_S + 1,
    UNIT="shop.service",
    MESSAGE_ID=journal.EXITED,
    EXIT_CODE="killed",
    EXIT_STATUS="9",
)


def read(reader: Reader, content: bytes) -> Reading:
    return reader.read(EvidenceFile("f", lambda: io.BytesIO(content)))


@pytest.mark.parametrize(
    ("reader", "content"),
    [
        (kubernetes.READER, listed(event("Killing", "Stopping container api"))),
        (journal.READER, STOPPING + STARTED),
        (codedeploy.READER, json.dumps(DEPLOYMENT, indent=4).encode()),
        (codedeploy.READER, b'{"deployments": ["d-A1B2C3111", "d-A1B2C3222"]}'),
        (argocd.READER, json.dumps(APPLICATION).encode()),
        (argocd.READER, json.dumps([APPLICATION], indent=2).encode()),
        (argocd.READER, json.dumps({"apiVersion": "v1", "items": [APPLICATION], "kind": "List"}).encode()),
    ],
)
def test_each_is_recognised_by_its_content(reader: Reader, content: bytes) -> None:
    """Among all readers."""
    assert recognise(content) is reader


def test_what_a_controller_does_is_a_change() -> None:
    """First and last time; the words say what was done to what."""
    scaled = event("ScalingReplicaSet", "Scaled down replica set api-5d59d67564 to 0",
                   firstTimestamp="2018-08-28T20:17:00Z", count=3)  # fmt: skip
    first, last = read(kubernetes.READER, listed(scaled)).facts
    assert isinstance(first, Change)
    assert isinstance(last, Change)
    assert (last.at_s - first.at_s, last.at_s) == (23.0, AT_S)
    assert "ScalingReplicaSet Pod shop/api-5d59d67564-x2x7z: Scaled down" in last.text


@pytest.mark.parametrize(
    ("reason", "message", "kind", "pid", "process"),
    [
        ("BackOff", "Back-off restarting failed container api in pod x", "exit", None, "api-5d59d67564-x2x7z"),
        ("Killing", "Container api failed liveness probe, will be restarted", "exit", None, "api-5d59d67564-x2x7z"),
        ("OOMKilling", "Memory cgroup out of memory: Killed process 1234 (java) total-vm:1kB", "oom", 1234, "java"),
        ("SystemOOM", "System OOM encountered, victim process: java, pid: 1234", "oom", 1234, "java"),
    ],
)
def test_what_dies_by_itself_is_no_change(reason: str, message: str, kind: str, pid: int | None, process: str) -> None:
    """A crash is not what somebody did."""
    (died,) = read(kubernetes.READER, listed(event(reason, message))).facts
    assert isinstance(died, KernelEvent)
    assert (died.kind, died.pid, died.process, died.at_s) == (kind, pid, process, AT_S)


@pytest.mark.parametrize(
    ("reason", "message"),
    [("Pulled", "Successfully pulled image"), ("BackOff", 'Back-off pulling image "x"'), ("Unhealthy", "Readiness")],
)
def test_other_reasons_are_understood_and_tell_nothing(reason: str, message: str) -> None:
    """Counted as records."""
    found = read(kubernetes.READER, listed(event(reason, message)))
    assert (found.facts, found.input.records, found.input.not_understood) == ((), 1, 0)


def test_the_newer_events_are_read() -> None:
    """events.k8s.io/v1: `regarding`, `note`, `eventTime`."""
    newer = {
        "apiVersion": "events.k8s.io/v1",
        "reason": "Killing",
        "note": "Stopping container api",
        "regarding": {"kind": "Pod", "namespace": "shop", "name": "api"},
        "eventTime": "2018-08-28T20:17:23.000000Z",
        "deprecatedFirstTimestamp": None,
    }
    (stopped,) = read(kubernetes.READER, listed(newer)).facts
    assert isinstance(stopped, Change)
    assert (stopped.at_s, stopped.text) == (AT_S, "Killing Pod shop/api: Stopping container api")


def test_a_service_that_was_stopped_and_started_is_two_changes() -> None:
    """The main process that ends in between was asked to."""
    found = read(journal.READER, STOPPING + EXITED + STARTED).facts
    assert [fact.at_s for fact in found if isinstance(fact, Change)] == [AT_S, AT_S + 2]
    assert len(found) == 2


def test_a_service_that_died_and_was_started_again_is_no_change() -> None:
    """systemd restarts it by itself."""
    (died,) = read(journal.READER, EXITED + STARTED).facts
    assert isinstance(died, KernelEvent)
    assert (died.kind, died.process) == ("exit", "shop.service")


def test_a_kill_by_the_kernel_is_read_with_its_victim() -> None:
    """As the kernel's own record in the journal tells it."""
    line = record("Out of memory: Killed process 1234 (java) total-vm:1kB, anon-rss:1kB", _TRANSPORT="kernel")
    (killed,) = read(journal.READER, line).facts
    assert isinstance(killed, KernelEvent)
    assert (killed.kind, killed.pid, killed.process) == ("oom", 1234, "java")


@pytest.mark.parametrize(("pid", "group"), [(1234, "/system.slice/docker-4f.scope"), (1235, None)])
def test_a_victim_of_the_kernel_has_the_group_that_the_line_before_names(pid: int, group: str | None) -> None:
    """`dump_oom_summary` goes before; the summary of another victim says nothing of this one."""
    limit = "/system.slice/docker-4f.scope"
    chosen = (
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=docker-4f.scope,mems_allowed=0,"
        f"oom_memcg={limit},task_memcg={limit},task=java,pid=1234,uid=0"
    )
    killed = f"Memory cgroup out of memory: Killed process {pid} (java) total-vm:1kB, anon-rss:1kB"
    (found,) = read(journal.READER, record(chosen, _TRANSPORT="kernel") + record(killed, _TRANSPORT="kernel")).facts
    assert isinstance(found, KernelEvent)
    assert (found.pid, found.group) == (pid, group)


@pytest.mark.parametrize("where", ["", " in netns 4026532246"])
def test_a_full_table_of_connections_is_read(where: str) -> None:
    """As older and newer kernels tell it; anybody else may write the same words."""
    words = f"nf_conntrack: nf_conntrack: table full{where}, dropping packet"
    (full,) = read(journal.READER, record(words, _TRANSPORT="kernel")).facts
    assert isinstance(full, KernelEvent)
    assert (full.kind, full.text) == ("conntrack-full", words)
    assert read(journal.READER, record(words, _TRANSPORT="stdout")).facts == ()


def test_sessions_and_systemds_own_services_are_nothing() -> None:
    """They come and go all the time."""
    units = ("user@0.service", "systemd-logind.service", "session-4.scope", "fstrim.timer")
    lines = b"".join(record("Stopping", UNIT=unit, MESSAGE_ID=journal.STOPPING) for unit in units)
    found = read(journal.READER, lines)
    assert (found.facts, found.input.records) == ((), 4)


def test_a_codedeploy_deployment_begins_and_ends() -> None:
    """Seconds or ISO 8601; one or many."""
    info = DEPLOYMENT["deploymentInfo"]
    begun, ended = read(codedeploy.READER, json.dumps(DEPLOYMENT).encode()).facts
    assert isinstance(begun, Change)
    assert isinstance(ended, Change)
    assert begun.at_s == 1409764576.589
    assert begun.text == "CodeDeploy began WordPress_App/WordPress_DG, deployment d-A1B2C3123"
    assert ended.text.endswith("d-A1B2C3123: Succeeded")
    running = {**info, "createTime": "2018-08-28T22:17:23+02:00", "completeTime": None}
    (only,) = read(codedeploy.READER, json.dumps({"deploymentsInfo": [running]}).encode()).facts
    assert isinstance(only, Change)
    assert only.at_s == AT_S


def test_ids_alone_say_what_to_ask_for() -> None:
    """`aws deploy list-deployments` prints no times."""
    told = read(codedeploy.READER, b'{"deployments": ["d-A1B2C3111", "d-A1B2C3222"]}').input
    assert (told.records, told.not_understood) == (0, 1)
    assert "batch-get-deployments" in told.first_not_understood[0].why


def test_an_argo_cd_history_is_read() -> None:
    """Begin and end of each roll-out, with application and revision."""
    for content in (APPLICATION, [APPLICATION], {"items": [APPLICATION]}):
        begun, ended = read(argocd.READER, json.dumps(content).encode()).facts
        assert isinstance(begun, Change)
        assert isinstance(ended, Change)
        assert (ended.at_s - begun.at_s, ended.at_s) == (23.0, AT_S)
        assert ended.text == "Argo CD deployed guestbook 53e28ff20cc530b9ada2173fbbd64d48338583ba"


def test_a_broken_record_costs_only_itself() -> None:
    """Counted with its place; the others are read."""
    told = read(kubernetes.READER, listed(7, event("Killing", "x", firstTimestamp="soon", lastTimestamp=None),
                                          event("Killing", "Stopping container api"))).input  # fmt: skip
    assert (told.records, told.not_understood) == (1, 2)
    assert str(told.first_not_understood[0].at) == "f#1"
    told = read(journal.READER, b"{\n" + record("x", UNIT="a.service") + b'{"__REALTIME_TIMESTAMP": "soon"}\n').input
    assert (told.records, told.not_understood) == (1, 2)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just(AT),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["deployedAt", "reason", "items",
        "eventTime", "history", "status", "deploymentId", "createTime", "MESSAGE", "__REALTIME_TIMESTAMP"]), inner),
    max_leaves=12,
)  # fmt: skip


READERS = [kubernetes.READER, journal.READER, codedeploy.READER, argocd.READER, syslog.READER, *worker_logs.READERS]


@settings(max_examples=100, deadline=None)
@given(VALUES, st.sampled_from(READERS))
def test_any_document_is_read_or_counted(value: object, reader: Reader) -> None:
    """Whatever stands where records should."""
    for document in (value, {"items": value}, {"items": [value]}, {"deploymentsInfo": [value]}):
        told = read(reader, json.dumps(document).encode()).input
        assert told.records >= 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(READERS))
def test_any_bytes_are_read_or_counted(content: bytes, reader: Reader) -> None:
    """Whatever stands where lines should."""
    assert read(reader, content).input.records >= 0
    assert 0 <= reader.fit(content) <= 1


@pytest.mark.parametrize(("code", "status"), [("exited", "143"), ("killed", "15"), ("exited", "130")])
def test_a_process_that_was_told_to_end_past_systemd_did_not_die(code: str, status: str) -> None:
    """`kill PID`, or a deployment's own script: SIGTERM with a handler, without one, and SIGINT."""
    ended = record("api.service: Main process exited", UNIT="api.service", MESSAGE_ID=journal.EXITED,
                   EXIT_CODE=code, EXIT_STATUS=status)  # fmt: skip
    (change,) = read(journal.READER, ended).facts
    assert isinstance(change, Change)
    assert change.at_s == AT_S
