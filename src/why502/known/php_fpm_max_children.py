"""All workers of PHP-FPM are busy

`pm.max_children` is 5 by default. Whatever comes beyond waits in the accept queue, and fails when that is full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.known.interface import KnownIssue
from why502.known.matching import WAITED, called, server
from why502.model.verdict import Remedy

if TYPE_CHECKING:
    from why502.facts.scene import ListenerWindow


def matches(window: ListenerWindow) -> str | None:
    """A queue at all: PHP-FPM accepts at once while a worker is free."""
    found = server(window, "PHP-FPM")
    if found is None or window.queue_len_max < WAITED:
        return None
    return f"{called(found)}: up to {window.queue_len_max} connections waited for a free worker (pm.max_children)"


KNOWN = KnownIssue(
    id="php-fpm-max-children",
    software="PHP-FPM",
    affected="all, by default",
    condition="worker-pool-exhausted",
    matches=matches,
    source="https://github.com/richarvey/nginx-php-fpm/issues/143",
    remedies=(Remedy("Raise pm.max_children and listen.backlog; `pm.status` shows the listen queue."),),
    recognised_by="connections that waited in its queue; its log says 'reached pm.max_children'",
    certainty=1,
)
