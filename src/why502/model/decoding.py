"""Types that msgspec is to decode to, each made ready by one thread at a time.

What msgspec knows of a class it puts together when it first decodes to it, in steps that run Python. A second thread
that comes to the class meanwhile takes what is half made, and the process dies of a segmentation fault (msgspec 0.22,
in half of the runs of six threads).
"""

from __future__ import annotations

from threading import Lock
from typing import TypeVar

import msgspec

Kind = TypeVar("Kind")

_MAKING = Lock()
_READY: set[object] = set()


def ready(kind: Kind) -> Kind:
    """The same type, to be given to `msgspec.convert` and to every `decode`, by any thread."""
    if kind not in _READY:
        with _MAKING:
            msgspec.json.Decoder(kind)
            _READY.add(kind)
    return kind
