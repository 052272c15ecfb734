from __future__ import annotations

from io import BytesIO

import pytest

from why502.model.case import Change, KernelEvent
from why502.model.evidence import Source
from why502.sources.changes.syslog import fit, read
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading

WRITTEN_S = 1773230400.0
"""2026-03-11 12:00:00 UTC"""
AT_S = 1773136799.0
"""2026-03-10 09:59:59 UTC"""
KILLED = "Out of memory: Killed process 4711 (java) total-vm:5894540kB, anon-rss:1042012kB"


def told(*text: str) -> Reading:
    content = "\n".join((*text, "")).encode()
    return read(EvidenceFile("kern.log", lambda: BytesIO(content), written_s=WRITTEN_S))


@pytest.mark.parametrize(
    "line",
    [
        f"Mar 10 09:59:59 app-1 kernel: [88213.115640] {KILLED}",
        f"<6>Mar 10 09:59:59 app-1 kernel: {KILLED}",
        f"2026-03-10T09:59:59.000000+00:00 app-1 kernel: {KILLED}",
        f"2026-03-10T10:59:59+0100 app-1 kernel: {KILLED}",
        f"[Tue Mar 10 09:59:59 2026] {KILLED}",
        f"2026-03-10T09:59:59,000000+00:00 {KILLED}",
    ],
)
def test_the_kernel_is_read_as_people_paste_it(line: str) -> None:
    """rsyslog old and new, journalctl, dmesg -T and dmesg --time-format iso."""
    (event,) = told(line).facts
    assert isinstance(event, KernelEvent)
    assert (event.kind, event.at_s, event.pid, event.process) == ("oom", AT_S, 4711, "java")
    found = recognise(f"{line}\n".encode())
    assert found is not None
    assert found.kind == "syslog"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("nf_conntrack: nf_conntrack: table full, dropping packet", ("conntrack-full", None, None)),
        ("TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies.", ("queue-full", None, "8080")),
        (
            "TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Dropping request.",
            ("queue-full", None, "0.0.0.0:80"),
        ),
        (
            "php-fpm[811]: segfault at 0 ip 00005 sp 00007ffc error 4 in php-fpm[55e+400000]",
            ("exit", 811, "php-fpm"),
        ),
        ("traps: node[77] general protection fault ip:5 sp:7 error:0", ("exit", 77, "node")),
    ],
)
def test_what_the_kernel_says(message: str, expected: tuple[object, ...]) -> None:
    """Words of net/ipv4/tcp_input.c, nf_conntrack_core.c, arch/x86."""
    (event,) = told(f"2026-03-10T09:59:59+00:00 app-1 kernel: {message}").facts
    assert isinstance(event, KernelEvent)
    assert expected == (event.kind, event.pid, event.process)


def systemd(message: str) -> str:
    return f"2026-03-10T09:59:59+00:00 app-1 systemd[1]: {message}"


def test_a_service_that_ended_by_itself_died() -> None:
    """Status 9 that nobody asked for."""
    (event,) = told(systemd("shop.service: Main process exited, code=killed, status=9/KILL")).facts
    assert isinstance(event, KernelEvent)
    assert (event.kind, event.process) == ("exit", "shop.service")


def test_a_service_that_was_stopped_did_not_die() -> None:
    """Stopped and started: two changes, and its exit in between tells nothing, whatever its status. Then a signal."""
    found = told(
        systemd("Stopping shop.service - Shop API..."),
        systemd("shop.service: Main process exited, code=killed, status=9/KILL"),
        systemd("Started shop.service - Shop API."),
        systemd("shop.service: Main process exited, code=exited, status=143/n/a"),
    )
    assert [type(fact) for fact in found.facts] == [Change, Change, Change]
    assert (found.input.source, found.input.also) == (Source.EVENTS, (Source.CHANGES,))


def test_other_programs_lines_are_understood_and_tell_nothing() -> None:
    """A cron job that mentions a kill is no kernel."""
    found = told(f"2026-03-10T09:59:59+00:00 app-1 cron[5]: {KILLED}", "no line of a log")
    assert found.facts == ()
    assert (found.input.records, found.input.not_understood) == (1, 1)


def test_a_log_without_the_kernel_is_somebody_elses() -> None:
    """Any program writes to syslog."""
    assert fit(b"Mar 10 09:59:59 app-1 sshd[9]: Accepted publickey for root\n" * 3) == 0.0


@pytest.mark.parametrize("status", ["exited, status=143/n/a", "killed, status=15/TERM"])
def test_a_signal_to_end_that_systemd_did_not_send_is_a_change(status: str) -> None:
    """And the start that follows is its other half."""
    ended = f"Mar 10 09:59:59 app-1 systemd[1]: api.service: Main process exited, code={status}"
    found = told(ended, "Mar 10 10:00:01 app-1 systemd[1]: Started api.service.").facts
    assert [type(fact) for fact in found] == [Change, Change]
