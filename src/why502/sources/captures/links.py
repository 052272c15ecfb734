"""Where the IP packet begins inside one captured packet."""

from __future__ import annotations

from why502.sources.captures.kernels import links, reasons

Located = tuple[int, int] | None | str
"""(IP version, offset of the IP header); None: other traffic; or the reason why it is not understood."""

CUT_SHORT = reasons.sentence(reasons.CUT_SHORT)


def locate(link: int, data: bytes) -> Located:
    """Which IP version, and where its header begins; tunnels are not looked into."""
    step, at = links.locate(data, 0, len(data), link)
    if step in (links.IPV4, links.IPV6):
        return (4 if step == links.IPV4 else 6), at
    return None if step == reasons.OTHER else reasons.sentence(step, at)
