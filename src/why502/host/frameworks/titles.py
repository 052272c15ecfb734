"""Servers that write their version into their own command line (setproctitle)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.host.frameworks.interface import Found, Recogniser
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

TITLES: Final = (
    # lib/puma/launcher.rb (`title`), lib/puma/cluster/worker.rb
    (expression(r"^puma(?:: cluster worker \d+)?:? ?(\d+\.\d+\.\d+(?:\.\w+)?)?"), "puma"),
    # lib/unicorn/http_server.rb (`proc_name`); it tells no version
    (expression(r"^(?:\S*/)?unicorn(?:_rails)?(?: (?:master|worker)\b()|$)"), "unicorn"),
)


def recognise(running: Running) -> Found:
    title = " ".join(running.arguments[:4])
    for pattern, name in TITLES:
        if match := pattern.match(title):
            return Found((Software(name, match[1] or None, "command line"),))
    return Found()


RECOGNISER = Recogniser(
    applies=lambda running: running.program.startswith(("ruby", "puma", "unicorn")), recognise=recognise, order=40
)
