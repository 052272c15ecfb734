"""What Microsoft's Application Request Routing (ARR) adds to the query string that it logs.

IIS does so in `cs-uri-query`, version 1 of Azure's Application Gateway in `requestQuery`:
`X-AzureApplicationGateway-CACHE-HIT=0&SERVER-ROUTED=10.0.2.4&...&SERVER-STATUS=200`, the address of the server and
what it answered (learn.microsoft.com, "Troubleshoot App Gateway session affinity issues").
"""

from __future__ import annotations

import re

from why502.model.expressions import expression

_STATUS = expression(r"(?:^|&)SERVER-STATUS=(\d{1,3})(?=&|$)", re.ASCII)
_ROUTED = expression(r"(?:^|&)SERVER-ROUTED=([\w.:\[\]-]{1,255})(?=&|$)", re.ASCII)


def routed(query: str) -> tuple[str | None, int | None]:
    """The server's address, and its status (None: it did not answer, or nothing says).

    >>> routed("a=1&SERVER-ROUTED=10.4.0.4&SERVER-STATUS=404"), routed("SERVER-STATUS=0")
    (('10.4.0.4', 404), (None, None))
    """
    address, status = _ROUTED.search(query), _STATUS.search(query)
    return (address[1] if address else None), (int(status[1]) or None if status else None)
