from __future__ import annotations

import pytest

from why502.facts.server_options import listens_at


@pytest.mark.parametrize(
    ("bind", "address"),
    [("0.0.0.0:8000", "8000"), ("tcp://[::]:9292?backlog=5", "9292"), ("9000", "9000"),
     ("unix:/a.sock", "unix:/a.sock"), ("/a.sock", "unix:/a.sock"), ("unix:///a.sock", "unix:/a.sock"),
     ("localhost", ""), ("", "")],
)  # fmt: skip
def test_where_it_listens(bind: str, address: str) -> None:
    """A port, or a socket's path; nothing where it is not plain."""
    assert listens_at(bind) == address
