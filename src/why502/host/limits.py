"""Limits of a network namespace (/proc/sys/net, which shows the namespace of the thread that opens it)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SYSCTL: Final = Path("/proc/sys/net")

FILES: Final = {
    "somaxconn": "core/somaxconn",
    "tcp_max_syn_backlog": "ipv4/tcp_max_syn_backlog",
    "tcp_abort_on_overflow": "ipv4/tcp_abort_on_overflow",
    "tcp_syncookies": "ipv4/tcp_syncookies",
    "tcp_tw_recycle": "ipv4/tcp_tw_recycle",
    "tcp_migrate_req": "ipv4/tcp_migrate_req",
    "close_wait_timeout_s": "netfilter/nf_conntrack_tcp_timeout_close_wait",
}
"""Field of `model.host.Namespace` -> file."""


def parse(text: str) -> int | None:
    """A setting; None for what is no number."""
    try:
        return int(text)
    except ValueError:
        return None


def read(root: Path = SYSCTL) -> dict[str, int | None]:
    """The limits that the calling thread's namespace has; None where the file is missing."""
    return {field: parse(_text(root / name)) for field, name in FILES.items()}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
