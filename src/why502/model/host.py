"""What a host tells: listeners, counters, processes and resources at an instant."""

from __future__ import annotations

from msgspec import Struct


class Process(Struct, frozen=True):
    """A process that owns a listener."""

    pid: int
    name: str
    command: str
    """Command line; values that look like secrets are redacted."""
    start_s: float | None = None
    user: str | None = None
    container: str | None = None


class Listener(Struct, frozen=True):
    """One listening TCP socket (`inet_diag`, state LISTEN)."""

    address: str
    """'0.0.0.0:8080', '[::]:8080', '10.0.0.7:8080'"""
    netns: int
    """Inode of its network namespace."""
    inode: int
    """Inode of the socket."""
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


class Namespace(Struct, frozen=True):
    """Network namespace: its limits and counters."""

    inode: int
    name: str | None = None
    somaxconn: int | None = None
    tcp_max_syn_backlog: int | None = None
    tcp_abort_on_overflow: int | None = None
    tcp_syncookies: int | None = None
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
