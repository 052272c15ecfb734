"""Lines of `sysctl` that judgement has a use for."""

from __future__ import annotations

import re
from typing import Final

from why502.model.expressions import expression

_LINE = expression(
    r"(?P<name>(?:abi|crypto|debug|dev|fs|kernel|net|sunrpc|user|vm)(?:[./][\w-]{1,60}){1,6}) = ?(?P<value>.{0,200})",
    re.ASCII,
)
_RANGE: Final = "net.ipv4.ip_local_port_range"
_FIELDS: Final = {
    "net.core.somaxconn": "somaxconn",
    "net.ipv4.tcp_max_syn_backlog": "tcp_max_syn_backlog",
    "net.ipv4.tcp_abort_on_overflow": "tcp_abort_on_overflow",
    "net.ipv4.tcp_syncookies": "tcp_syncookies",
    "net.ipv4.tcp_tw_recycle": "tcp_tw_recycle",
    "net.ipv4.tcp_migrate_req": "tcp_migrate_req",
    "net.netfilter.nf_conntrack_count": "entries",
    "net.netfilter.nf_conntrack_max": "limit",
    "net.nf_conntrack_max": "limit",
    "net.netfilter.nf_conntrack_tcp_timeout_close_wait": "close_wait_timeout_s",
}
"""Name -> field of `model.host.Namespace`, or of its `Conntrack`."""


def setting(line: str) -> dict[str, int] | None:
    """What the line sets, by our names; nothing if we have no use for it; None if it is no line of `sysctl`.

    >>> setting("net.core.somaxconn = 128"), setting("vm.swappiness = 60"), setting("128")
    ({'somaxconn': 128}, {}, None)
    """
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return None
    name, numbers = found["name"].replace("/", "."), [each for each in found["value"].split() if each.isdecimal()]
    if name == _RANGE and len(numbers) == 2:
        return {"ephemeral_first": int(numbers[0]), "ephemeral_last": int(numbers[1])}
    return {_FIELDS[name]: int(numbers[0])} if name in _FIELDS and len(numbers) == 1 else {}
