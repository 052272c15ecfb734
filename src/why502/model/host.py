"""What a host tells: listeners, counters, processes and resources at an instant."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Software(Struct, frozen=True):
    """A program, library or framework that runs in a process, found without executing anything."""

    name: str
    """As its registry calls it: 'dropwizard-jetty', 'uvicorn', 'node', 'nginx'."""
    version: str | None
    """None: it is there, its version was not found."""
    at: str
    """Where that was read: a jar, a folder, a file, the command line."""


class Server(Struct, frozen=True):
    """What answers at the listeners of a process, with its defaults and what is known of its settings."""

    name: str
    """As people call it: 'Dropwizard', 'Go net/http'."""
    version: str | None
    evidence: str
    """How it was recognised, one phrase."""
    backlog: str = ""
    """Default backlog in words: '511', 'somaxconn', 'first digit of somaxconn'; empty: not known."""
    backlog_default: int | None = None
    """The default where it is one number."""
    backlog_setting: str = ""
    """What to set to change it; empty: not known."""
    keepalive: str = ""
    """How long it keeps an idle connection, in words: '5 s (default)', 'no limit', 'none'; empty: not known."""
    keepalive_s: float | None = None
    """The same where it is one number."""
    keepalive_setting: str = ""
    guessed: bool = False
    """It is installed where the process looks for code, and no other server is; nothing shows that it is used."""


class Cgroup(Struct, frozen=True):
    """Limits and counters of the control group of a process (cgroups(7), both versions); cumulative counts."""

    path: str
    version: int
    cpu_quota_cores: float | None = None
    """None: not limited, or not told."""
    cpu_periods: int | None = None
    cpu_throttled_periods: int | None = None
    cpu_throttled_s: float | None = None
    memory_bytes: int | None = None
    memory_limit_bytes: int | None = None
    """None: not limited, or not told."""
    memory_limit_hits: int | None = None
    """How often the limit held it up (v2 `max` of memory.events, v1 `memory.failcnt`)."""
    oom_kills: int | None = None
    """Processes of this group, or of the nearest one above that counts them, that the kernel killed for memory."""
    cpu_pressure_s: float | None = None
    memory_pressure_s: float | None = None
    cpu_path: str | None = None
    """Version 1: the group of its processor time, where that is another one."""
    frozen: bool | None = None
    """Whether its processes are held by the freezer (`docker pause`), all of them."""
    number: int | None = None
    """Inode of the folder that counts kills: a group that is made anew at the same path has another one."""


class Restarts(Struct, frozen=True):
    """What the container runtime says about earlier lives of a process."""

    count: int
    exit_code: int | None = None
    """Of the last end, where it is told."""
    oom_killed: bool | None = None
    at: str = ""
    """The file that says so."""


class Process(Struct, frozen=True):
    """A process that owns a listener."""

    pid: int
    name: str
    command: str
    """Command line; values that look like secrets are redacted."""
    start_s: float | None = None
    user: str | None = None
    container: str | None = None
    server: Server | None = None
    software: tuple[Software, ...] = ()
    """Everything recognised in it, the server's own parts among it."""
    fds_open: int | None = None
    fds_open_max: int | None = None
    """Most seen since the previous snapshot: looked at whenever a connection waits to be accepted, as it does where
    `accept` fails for want of a descriptor. None: not sampled in between."""
    fds_limit: int | None = None
    """Soft limit of open files (RLIMIT_NOFILE)."""
    cgroup: Cgroup | None = None
    restarts: Restarts | None = None
    state: str | None = None
    """One letter of proc(5): 'R', 'S', 'D', 'T' (stopped by a signal), 't' (by a debugger)..."""

    @property
    def stopped(self) -> bool:
        """No thread of it runs, whatever comes: a signal, a debugger or the freezer holds it."""
        return self.state in ("T", "t") or bool(self.cgroup and self.cgroup.frozen)


UNTOLD: Final = 0
"""No socket has this inode."""


class Listener(Struct, frozen=True):
    """One listening TCP socket (`inet_diag`, state LISTEN)."""

    address: str
    """'0.0.0.0:8080', '[::]:8080', '10.0.0.7:8080'"""
    netns: int
    """Inode of its network namespace."""
    inode: int
    """Inode of the socket; `UNTOLD` if nothing tells it."""
    backlog: int
    """`sk_max_ack_backlog`: min(argument of listen(), somaxconn). The accept queue holds one more."""
    queue_len: int
    """`sk_ack_backlog`: connections that wait to be accepted."""
    drops: int | None = None
    """`SK_MEMINFO_DROPS` since the socket was opened; None: the kernel does not tell."""
    queue_len_max: int | None = None
    """Longest queue seen since the previous snapshot; None: not sampled in between."""
    queue_full_s: float | None = None
    """How long the queue was seen full since the previous snapshot."""
    pids: tuple[int, ...] = ()
    connections: dict[str, int] | None = None
    """Connections at its address by state ('established', 'close-wait'...); None: not counted."""


class Destination(Struct, frozen=True):
    """Connections that this namespace opened to one address and port."""

    address: str
    ports_used: int
    """Local ports of the ephemeral range that are taken towards it, TIME_WAIT included."""
    time_wait: int = 0


class Conntrack(Struct, frozen=True):
    """Connection tracking of a network namespace (nf_conntrack); counts since it began."""

    entries: int
    limit: int
    drops: int | None = None
    early_drops: int | None = None
    insert_failed: int | None = None
    invalid: int | None = None


class Namespace(Struct, frozen=True):
    """Network namespace: its limits and counters."""

    inode: int
    name: str | None = None
    somaxconn: int | None = None
    tcp_max_syn_backlog: int | None = None
    tcp_abort_on_overflow: int | None = None
    tcp_syncookies: int | None = None
    tcp_tw_recycle: int | None = None
    """None since Linux 4.12, which removed it."""
    tcp_migrate_req: int | None = None
    """None before Linux 5.14."""
    ephemeral_first: int | None = None
    ephemeral_last: int | None = None
    conntrack: Conntrack | None = None
    """None: this kernel tracks nothing, or does not tell."""
    close_wait_timeout_s: int | None = None
    """nf_conntrack_tcp_timeout_close_wait"""
    destinations: tuple[Destination, ...] | None = None
    """Those that take most ephemeral ports, most first; None: not counted."""
    counters: dict[str, int] = {}
    """From /proc/PID/net/{netstat,snmp}: ListenOverflows, ListenDrops, SyncookiesSent, SyncookiesFailed,
    TCPReqQFullDoCookies, TCPReqQFullDrop, OutRsts, EstabResets, AttemptFails, RetransSegs..."""


class Resources(Struct, frozen=True):
    """Processor and memory of the machine, cumulative where the kernel counts so."""

    cpu_busy_s: float | None = None
    """Processor seconds not idle since boot, over all cores."""
    cpu_total_s: float | None = None
    cores: int | None = None
    run_queue_len: float | None = None
    """Load average over 1 minute."""
    memory_total_bytes: int | None = None
    memory_available_bytes: int | None = None
    oom_kills: int | None = None
    """`oom_kill` of /proc/vmstat since boot."""
    cpu_pressure_s: float | None = None
    """PSI `some total` of /proc/pressure/cpu since boot."""
    memory_pressure_s: float | None = None
    cpu_steal_s: float | None = None
    """Processor seconds since boot that the hypervisor gave to others."""
    runnable: int | None = None
    """Tasks that run or want to, at that instant."""
    io_pressure_s: float | None = None
    memory_full_pressure_s: float | None = None
    """PSI `full total` of /proc/pressure/memory: nobody got on for want of memory."""
    uptime_s: float | None = None
    """Seconds since boot, by a clock that nobody sets."""
    clock_synchronised: bool | None = None
    clock_error_s: float | None = None
    """Largest error that the kernel's clock discipline allows for."""


class Unseen(Struct, frozen=True):
    """Something that could not be looked at, and why."""

    what: str
    why: str


class Snapshot(Struct, frozen=True):
    """The host at one instant."""

    at_s: float
    listeners: tuple[Listener, ...] = ()
    namespaces: tuple[Namespace, ...] = ()
    processes: tuple[Process, ...] = ()
    resources: Resources = Resources()


class HostRecord(Struct, frozen=True):
    """Snapshots of one host over a time, oldest first (`host.json`)."""

    schema: str
    """'why502-host/1'"""
    hostname: str
    kernel: str
    boot_s: float | None
    snapshots: tuple[Snapshot, ...]
    unseen: tuple[Unseen, ...] = ()


HOST_SCHEMA = "why502-host/1"

COUNTERS: Final = frozenset(
    {
        # a full accept queue, with cookies and without
        *("ListenOverflows", "ListenDrops", "TCPReqQFullDoCookies", "TCPReqQFullDrop", "EmbryonicRsts"),
        *("SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed"),
        # connections that were cut, and by what
        *("OutRsts", "EstabResets", "AttemptFails", "PassiveOpens", "ActiveOpens", "CurrEstab"),
        *("TCPAbortOnData", "TCPAbortOnClose", "TCPAbortOnMemory", "TCPAbortOnTimeout", "TCPAbortOnLinger"),
        # loss and waiting
        *("InSegs", "OutSegs", "RetransSegs", "TCPTimeouts", "TCPSynRetrans", "TCPRetransFail"),
        # limits of the kernel itself
        *("TCPTimeWaitOverflow", "TCPMemoryPressures", "TCPBacklogDrop", "TCPRcvQDrop", "PruneCalled"),
    }
)
"""Counters that judgement uses. None of these names stands in two sections of /proc/net/netstat and snmp."""
