from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from why502.diagnosis import diagnose

if TYPE_CHECKING:
    from pathlib import Path

ACCESS = '10.0.0.1 - - [20/Nov/2026:10:00:{second:02d} +0000] "GET /a HTTP/1.1" {status} 5 "-" "-"'
NO_LIVE = (
    "2026/11/20 10:00:{second:02d} [error] 7#7: *5 no live upstreams while connecting to upstream, client: 10.0.0.1, "
    'server: , request: "GET /a HTTP/1.1", upstream: "http://app/a", host: "shop"'
)
REFUSED = (
    "2026/11/20 10:00:00 [error] 7#7: *4 connect() failed (111: Connection refused) while connecting to upstream, "
    'client: 10.0.0.1, server: , request: "GET /a HTTP/1.1", upstream: "http://10.0.0.7:80/a", host: "shop"'
)


def named(folder: Path, served: range, *, before: tuple[str, ...] = ()) -> list[str]:
    """nginx found no server in each of 20 seconds; `served` are those in which it served other requests."""
    access = [ACCESS.format(second=0, status=502)] * len(before)
    for second in range(1, 21):
        access.append(ACCESS.format(second=second, status=502))
        access += [ACCESS.format(second=second, status=200)] * 3 if second in served else []
    errors = [*before, *(NO_LIVE.format(second=second) for second in range(1, 21))]
    (folder / "access.log").write_text("\n".join(access) + "\n")
    (folder / "error.log").write_text("\n".join(errors) + "\n")
    found = diagnose([str(folder / "access.log"), str(folder / "error.log")])
    return [verdict.cause for verdict in found.document.verdicts]


def test_servers_that_serve_all_the_time_may_be_at_their_limit(tmp_path: Path) -> None:
    """Not one attempt failed, so that nginx marked none as failed."""
    assert named(tmp_path, range(1, 21)) == []


@pytest.mark.parametrize(
    ("served", "before"), [(range(0), ()), (range(14, 21), ()), (range(1, 21), (REFUSED,))], ids=str
)
def test_servers_that_are_away(tmp_path: Path, served: range, before: tuple[str, ...]) -> None:
    """Nothing was served meanwhile; or a failed attempt tells why."""
    assert "no-usable-target" in named(tmp_path, served, before=before)
