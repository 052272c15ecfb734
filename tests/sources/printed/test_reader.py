from __future__ import annotations

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from why502.model.evidence import Source
from why502.model.host import HostRecord
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.printed.reader import MAX_LOOKS, fit, read, read_together

WRITTEN_S = 1795420000.0
SS = """\
State   Recv-Q  Send-Q     Local Address:Port      Peer Address:Port  Process
LISTEN  129     128              0.0.0.0:8080           0.0.0.0:*      users:(("java",pid=4711,fd=9)) ino:77 sk:1
\t skmem:(r0,rb131072,t0,tb16384,f0,w0,o0,bl0,d23) cubic cwnd:10
ESTAB   0       0               10.0.0.7:8080          10.0.0.2:41234
CLOSE-WAIT 5    0               10.0.0.7:8080          10.0.0.2:41236
"""
NETSTAT = """\
Tcp:
    20 active connection openings
    7 segments retransmitted
TcpExt:
    {overflows} times the listen queue of a socket overflowed
    {overflows} SYNs to LISTEN sockets dropped
    TCPSynRetrans: 3
    Quick ack mode was activated 3 times
"""
NSTAT = "#kernel\nTcpInSegs    {segments}    0.0\nTcpExtListenOverflows    {overflows}    0.0\n"


def given_(name: str, text: str, written_s: float | None = WRITTEN_S) -> EvidenceFile:
    return EvidenceFile(name, lambda: BytesIO(text.encode()), written_s=written_s)


def host(*readings: Reading) -> HostRecord:
    (record,) = [fact for reading in readings for fact in reading.facts]
    assert isinstance(record, HostRecord)
    return record


def test_ss_tells_a_listener_with_all_its_options() -> None:
    """-m tells its drops, -e its inode, -p its owner; connections are counted by state."""
    reading = read(given_("ss.txt", SS))
    record = host(reading)
    (snapshot,) = record.snapshots
    (listener,) = snapshot.listeners
    assert (listener.address, listener.backlog, listener.queue_len) == ("0.0.0.0:8080", 128, 129)
    assert (listener.inode, listener.drops, listener.pids) == (77, 23, (4711,))
    assert listener.connections == {"established": 1, "close-wait": 1}
    assert [(one.pid, one.name) for one in snapshot.processes] == [(4711, "java")]
    assert (reading.input.records, reading.input.not_understood) == (5, 0)
    assert reading.input.source is Source.HOST
    assert snapshot.at_s == WRITTEN_S


def test_ss_is_read_without_its_columns() -> None:
    """`ss -H -ltn`, and `ss -tn state listening`, which leaves the state out."""
    bare = host(read(given_("ss.txt", "LISTEN 0 511 [::]:80 [::]:*\n")))
    header = "Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n"
    stateless = host(read(given_("ss.txt", f"{header}0 511 *:80 *:*\n")))
    assert [one.snapshots[0].listeners[0].address for one in (bare, stateless)] == ["[::]:80", "*:80"]


def test_netstat_tells_counters_in_its_own_words() -> None:
    record = host(read(given_("netstat-s.txt", NETSTAT.format(overflows=1764))))
    (space,) = record.snapshots[0].namespaces
    expected = {"ActiveOpens": 20, "RetransSegs": 7, "ListenOverflows": 1764, "ListenDrops": 1764, "TCPSynRetrans": 3}
    assert space.counters == expected


def test_a_listener_of_netstat_has_no_backlog_and_says_so() -> None:
    table = "Active Internet connections (only servers)\nProto Recv-Q Send-Q Local Address Foreign Address State\n"
    reading = read(given_("netstat.txt", f"{table}tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN 12/nginx\n"))
    assert reading.facts == ()
    assert "backlog" in reading.input.first_not_understood[0].why
    assert reading.input.not_understood == 0


def test_the_kernels_own_files_are_read() -> None:
    text = "TcpExt: SyncookiesSent ListenOverflows\nTcpExt: 4 9\nIpExt: InOctets\nIpExt: 7\n"
    (space,) = host(read(given_("netstat", text))).snapshots[0].namespaces
    assert space.counters == {"SyncookiesSent": 4, "ListenOverflows": 9}


def test_sysctl_tells_limits() -> None:
    text = "net.core.somaxconn = 128\nnet.ipv4.ip_local_port_range = 32768\t60999\nvm.swappiness = 60\n"
    text += "net.netfilter.nf_conntrack_count = 65530\nnet.netfilter.nf_conntrack_max = 65536\n"
    (space,) = host(read(given_("sysctl.txt", text))).snapshots[0].namespaces
    assert (space.somaxconn, space.ephemeral_first, space.ephemeral_last) == (128, 32768, 60999)
    assert space.conntrack is not None
    assert (space.conntrack.entries, space.conntrack.limit) == (65530, 65536)


def test_a_loop_with_dates_is_a_look_each() -> None:
    looks = [
        f"Mon Nov 23 06:31:{second:02} UTC 2026\n{SS}{NETSTAT.format(overflows=10 * second)}" for second in range(3)
    ]
    record = host(read(given_("loop.txt", "".join(looks))))
    assert [one.at_s for one in record.snapshots] == [1795415460.0, 1795415461.0, 1795415462.0]
    assert [one.namespaces[0].counters["ListenOverflows"] for one in record.snapshots] == [0, 10, 20]


def test_files_before_and_after_are_one_host_in_the_order_of_their_names() -> None:
    """Times of files are those of their copies, in whatever order they were copied."""
    before = given_("case/nstat-before.txt", NSTAT.format(segments=100, overflows=5), WRITTEN_S + 1)
    after = given_("case/nstat-after.txt", NSTAT.format(segments=900, overflows=95), WRITTEN_S)
    table = given_("case/ss.txt", SS, WRITTEN_S)
    first, second, third = read_together([after, before, table])
    record = host(first, second, third)
    assert [one.namespaces[0].counters["ListenOverflows"] for one in record.snapshots] == [5, 95]
    assert all(one.listeners for one in record.snapshots)
    assert [one.input.source for one in (first, second, third)].count(Source.HOST) == 1


def test_two_hosts_are_never_compared() -> None:
    """Their names, or their folders, tell them apart."""
    files = [
        given_("web1-nstat.txt", NSTAT.format(segments=100, overflows=5)),
        given_("web2-nstat.txt", NSTAT.format(segments=900, overflows=95)),
        given_("proxy/nstat.txt", NSTAT.format(segments=9000, overflows=950)),
    ]
    records = [host(reading) for reading in read_together(files)]
    assert [len(record.snapshots) for record in records] == [1, 1, 1]
    assert [record.hostname for record in records] == ["web1", "web2", ""]


def test_what_nstat_counted_since_its_last_run_is_added_up() -> None:
    """Without -a each look starts at 0; what the kernel counts never falls twice."""
    values = (5, 3, 9, 0)
    looks = [
        f"2026-11-23T06:31:{second:02}Z\n{NSTAT.format(segments=100 + value, overflows=value)}"
        for second, value in enumerate(values)
    ]
    record = host(read(given_("nstat-loop.txt", "".join(looks))))
    assert [one.namespaces[0].counters["ListenOverflows"] for one in record.snapshots] == [5, 8, 17, 17]


def test_what_was_before_a_single_fall_is_not_compared() -> None:
    """A reboot, or another machine: some counters are larger all the same."""
    looks = [
        f"2026-11-23T06:31:{second:02}Z\n{NSTAT.format(segments=segments, overflows=overflows)}"
        for second, (segments, overflows) in enumerate(((900, 5), (100, 95)))
    ]
    (snapshot,) = host(read(given_("nstat-loop.txt", "".join(looks)))).snapshots
    assert snapshot.namespaces[0].counters == {"InSegs": 100, "ListenOverflows": 95}


def test_looks_beyond_the_most_are_counted_and_not_kept() -> None:
    """As many as lines; the time they take grows with their number, no faster."""
    text = "".join(f"TcpExtListenOverflows {number % 2 + 1} 0.0\n" for number in range(MAX_LOOKS + 10))
    reading = read(given_("nstat.txt", text))
    assert reading.input.records == MAX_LOOKS + 10
    assert len(host(reading).snapshots) == MAX_LOOKS


def test_a_counter_that_comes_again_with_another_value_is_the_next_look() -> None:
    """Pasted from a terminal: the order is known, the times are not."""
    lines = [f"    {number} times the listen queue of a socket overflowed\n" for number in (100, 140)]
    pasted = f"root@web1:~# netstat -s | grep -i listen\n{lines[0]}root@web1:~# netstat -s | grep -i listen\n{lines[1]}"
    reading = read(given_("paste.txt", pasted))
    assert [one.namespaces[0].counters["ListenOverflows"] for one in host(reading).snapshots] == [100, 140]
    assert (reading.input.records, reading.input.not_understood) == (4, 0)


def test_without_any_time_it_tells_nothing_and_says_why() -> None:
    """From an archive nothing tells when it was printed."""
    reading = read(given_("case.tar/ss.txt", SS, written_s=None))
    assert reading.facts == ()
    assert "time" in reading.input.first_not_understood[0].why


def test_foreign_lines_are_counted() -> None:
    reading = read(given_("ss.txt", f"{SS}segmentation fault\n"))
    assert (reading.input.records, reading.input.not_understood) == (5, 1)


def test_logs_of_proxies_are_none_of_ours() -> None:
    access = b'10.0.0.1 - - [23/Nov/2026:06:31:07 +0000] "GET / HTTP/1.1" 502 157 "-" "curl"\n'
    assert fit(access) == 0
    recognised = recognise(SS.encode())
    assert recognised is not None
    assert recognised.kind == "tool-output"


@given(st.text(alphabet="LISTEN ESTAB0123456789.:*[]\n\t TcpExt", max_size=400))
def test_every_line_is_accounted_for(text: str) -> None:
    """Whatever it holds."""
    reading = read(given_("ss.txt", text))
    lines = [line for line in text.split("\n") if line.strip()]
    assert reading.input.records + reading.input.not_understood == len(lines)
