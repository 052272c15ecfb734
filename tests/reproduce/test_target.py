from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.errors import Why502Error
from why502.reproduce.request import Manners, request
from why502.reproduce.target import resolve


@pytest.mark.parametrize(
    ("url", "text", "path", "near"),
    [
        ("http://127.0.0.1:8080/health?deep=1#x", "127.0.0.1:8080", "/health?deep=1", True),
        ("http://10.0.0.7", "10.0.0.7:80", "/", True),
        ("https://[::1]/", "[::1]:443", "/", True),
        ("http://192.0.2.1:1/", "192.0.2.1:1", "/", True),
        ("http://8.8.8.8/", "8.8.8.8:80", "/", False),
    ],
)
def test_a_url_names_one_address_and_port(url: str, text: str, path: str, near: bool) -> None:
    """And whether it may be loaded without asking."""
    target = resolve(url)
    assert (target.text, target.path, target.near) == (text, path, near)


@pytest.mark.parametrize(
    "url",
    [
        *("10.0.0.7:8080", "ftp://10.0.0.7/", "http://", "http://10.0.0.7:99999/", "http://10.0.0.7:0/"),
        *("http://0.0.0.0/", "http://224.0.0.1/", "http://255.255.255.255/", "http://[::]/", "http://[::1"),
        *("http://user:secret@127.0.0.1/", "http://127.0.0.1/a b", "http://127.0.0.1/a\r\nX: y", "http://127.0.0.1/ä"),
    ],
)
def test_what_names_no_single_target_is_refused(url: str) -> None:
    """Nothing is guessed, and nothing can be smuggled into the request."""
    with pytest.raises(Why502Error):
        resolve(url)


@given(st.text(max_size=40).map(lambda text: f"http://127.0.0.1/{text}"))
def test_any_path_makes_one_request_or_none(url: str) -> None:
    """One request line, whatever the user typed."""
    try:
        target = resolve(url)
    except Why502Error:
        return
    (sent,) = request(target, Manners())
    assert sent.startswith(b"GET /")
    assert sent.count(b"\r\n\r\n") == 1
    assert sent.partition(b"\r\n")[0].endswith(b" HTTP/1.1")
    assert sent.partition(b"\r\n")[0].count(b" ") == 2


def test_two_segments_are_two_pieces() -> None:
    """Head and body, or the head in halves; the port stands in the Host header unless it is the usual one."""
    target = resolve("http://127.0.0.1:8080/")
    head, body = request(target, Manners(body_bytes=3, two_segments=True))
    assert (head.count(b"\r\nHost: 127.0.0.1:8080\r\n"), body) == (1, b"xxx")
    assert b"POST / HTTP/1.1" in head
    assert b"".join(request(target, Manners(two_segments=True))) == request(target, Manners())[0]
    assert b"Host: 127.0.0.1\r\n" in request(resolve("http://127.0.0.1/"), Manners())[0]
