"""What runs in an Erlang virtual machine: the libraries of its release, NAME-VERSION folders below `lib`.

`erl -root FOLDER` is how every release script starts it (erlexec.c); the applications lie in FOLDER/lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from why502.host.frameworks.interface import Found, Recogniser
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

LIBRARY: Final = expression(r"^(cowboy|bandit|phoenix|plug_cowboy)-(\d[\w.-]*)$")


def recognise(running: Running) -> Found:
    words = running.arguments
    roots = [words[i + 1] for i, word in enumerate(words[:-1]) if word == "-root"]
    entries = (
        (f"{root}/lib", name) for root in (*roots, running.folder) for name in running.files.names(f"{root}/lib")
    )
    hits = ((LIBRARY.match(name), folder) for folder, name in entries)
    libraries = (Software(match[1], match[2], f"{folder}/{match[0]}") for match, folder in hits if match)
    return Found((Software("erlang", None, running.executable), *libraries))


RECOGNISER = Recogniser(applies=lambda running: running.program.startswith("beam"), recognise=recognise, order=50)
