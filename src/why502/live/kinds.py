"""Which kernel events make up what `why502 trace` can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.live.signals import DEADLY

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SET_STATE: Final = "sock/inet_sock_set_state"
FIRST_LISTEN: Final = "newstate == 10"
"""TCP_LISTEN (include/net/tcp_states.h); not raised when a listening socket listens again."""
NOT_CONNECTED: Final = "(oldstate == 2 && newstate == 7)"
"""TCP_SYN_SENT -> TCP_CLOSE: after a reset this was a refused connect (`tcp_rcv_synsent_state_process`)."""
RESETS: Final = {"tcp/tcp_send_reset": "", "tcp/tcp_receive_reset": "", SET_STATE: NOT_CONNECTED}

KINDS: Final[Mapping[str, Mapping[str, str]]] = {
    "listen": {
        "syscalls/sys_enter_listen": "",
        "syscalls/sys_exit_listen": "",
        SET_STATE: FIRST_LISTEN,
    },
    "refused": RESETS,
    "reset": RESETS,
    "retransmit": {"tcp/tcp_retransmit_skb": "", "tcp/tcp_retransmit_synack": ""},
    "oom": {"oom/mark_victim": ""},
    "exit": {
        "sched/sched_process_exit": "group_dead == 1",  # the process, not each of its threads; since Linux 6.16
        "signal/signal_generate": DEADLY,
    },
}
"""Kind -> (event -> filter)."""


def events(kinds: Iterable[str]) -> dict[str, str]:
    """The events of these kinds; one that several want is let through by any of their filters.

    >>> events(["listen", "reset"])[SET_STATE]
    'newstate == 10 || (oldstate == 2 && newstate == 7)'
    """
    wanted: dict[str, list[str]] = {}
    for kind in kinds:
        for event, condition in KINDS[kind].items():
            if condition not in wanted.setdefault(event, []):
                wanted[event].append(condition)
    return {event: " || ".join(conditions) for event, conditions in wanted.items()}
