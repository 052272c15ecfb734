"""Why a packet is not understood: numbers inside the loops, sentences outside."""

from __future__ import annotations

from typing import Final

SEGMENT: Final = 0
"""A TCP segment."""
OTHER: Final = 1
"""Something else: ARP, UDP, ICMP..."""

CUT: Final = 2
CUT_HEADER: Final = 3
FRAME_TOO_LONG: Final = 4
NO_ORDER: Final = 5
BLOCK_TOO_LONG: Final = 6
BLOCK_LENGTHS: Final = 7
BLOCK_TOO_SHORT: Final = 8
NO_INTERFACE: Final = 9
FRAME_BEYOND_BLOCK: Final = 10
BAD_TIME: Final = 11
NO_CAPTURE: Final = 12
CUT_SHORT: Final = 13
UNKNOWN_LINK: Final = 14
IP_VERSION: Final = 15
DAMAGED_IPV4: Final = 16
DAMAGED_IPV6: Final = 17
FRAGMENT_REST: Final = 18
DAMAGED_TCP: Final = 19
MPLS: Final = 20
PPPOE: Final = 21
TOO_DEEP: Final = 22

SENTENCES: Final = {
    CUT: "the file ends in the middle of a packet",
    CUT_HEADER: "the file ends in the middle of its header",
    FRAME_TOO_LONG: "a packet of {0} bytes: the file is damaged from here on",
    NO_ORDER: "a section without byte-order magic: the file is damaged from here on",
    BLOCK_TOO_LONG: "a block of {0} bytes: the file is damaged from here on",
    BLOCK_LENGTHS: "a block whose two lengths differ: the file is damaged from here on",
    BLOCK_TOO_SHORT: "a packet block that is too short",
    NO_INTERFACE: "a packet of interface {0}, which was never described",
    FRAME_BEYOND_BLOCK: "a packet of {0} bytes in a block of {1}",
    BAD_TIME: "a time before 1970 or after 2262",
    NO_CAPTURE: "neither pcap nor pcapng",
    CUT_SHORT: "captured too short to read its headers",
    UNKNOWN_LINK: "link type {0} is not known",
    IP_VERSION: "IP version {0}",
    DAMAGED_IPV4: "a damaged IPv4 header",
    DAMAGED_IPV6: "a damaged IPv6 header",
    FRAGMENT_REST: "a later fragment of an IP packet: not reassembled",
    DAMAGED_TCP: "a TCP header that does not fit its IP packet",
    MPLS: "MPLS is not looked into",
    PPPOE: "PPPoE is not looked into",
    TOO_DEEP: "a tunnel within a tunnel, too deep to follow",
}
"""{0} and {1}: the two details that travel with the number."""


def sentence(reason: int, first: int = 0, second: int = 0) -> str:
    """The reason in words.

    >>> sentence(UNKNOWN_LINK, 147)
    'link type 147 is not known'
    """
    return SENTENCES[reason].format(first, second)
