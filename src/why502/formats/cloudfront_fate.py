"""What CloudFront's `x-edge-detailed-result-type` tells (developer guide, `standard-logs-reference`)."""

from __future__ import annotations

from why502.formats.fate import UNTOLD, Fate
from why502.model.requests import Manner, Phase, Side

RESULTS: dict[str, Fate] = {
    "OriginConnectError": Fate(Side.PROXY, Phase.CONNECT, Manner.UNKNOWN),
    "OriginDnsError": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED),
    "NonS3OriginDnsError": Fate(Side.PROXY, Phase.NO_TARGET, Manner.UNRESOLVED),
    "OriginCommError": Fate(Side.PROXY, Phase.UNKNOWN, Manner.TIMEOUT),
    "OriginHeaderTooBigError": Fate(Side.PROXY, Phase.WAIT, Manner.TOO_LARGE),
    "OriginInvalidResponseError": Fate(Side.PROXY, Phase.WAIT, Manner.MALFORMED),
    "OriginContentRangeLengthError": Fate(Side.PROXY, Phase.BODY, Manner.MALFORMED),
    "OriginReadError": Fate(Side.PROXY, Phase.WAIT, Manner.CUT),
    "OriginWriteError": Fate(Side.PROXY, Phase.SEND, Manner.CUT),
    "OriginZeroSizeObjectError": Fate(Side.PROXY, Phase.BODY, Manner.CUT),
    "AbortedOrigin": Fate(None, Phase.BODY, Manner.CUT),
    "ClientCommError": Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE),
    "ClientHungUpRequest": Fate(Side.CLIENT, Phase.UNKNOWN, Manner.GONE),
}


def fate(status: int | None, result: str | None) -> Fate:
    """A plain `Error` or `OriginError` stands for the origin's own answer as well as for CloudFront's: not told."""
    if result in RESULTS:
        return RESULTS[result]
    return UNTOLD if status is not None and status >= 500 else Fate(None, Phase.UNKNOWN)
