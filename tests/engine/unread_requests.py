"""Requests that a target turned down before it had read them, as nginx logs them."""

from __future__ import annotations

from datetime import UTC, datetime


def turned_down() -> dict[str, str]:
    """By kind: 20 answers of 413, 200 and 404 each, with a reset behind every one of them in nginx's error log."""
    answers = [("POST", 413), ("POST", 200), ("GET", 404)]
    access, errors = [], []
    for number in range(60):
        method, status = answers[number % 3]
        day = datetime.fromtimestamp(1795341600.0 + 30.0 * number, UTC)
        access.append(
            f'192.0.2.9 - - [{day:%d/%b/%Y:%H:%M:%S +0000}] "{method} /orders HTTP/1.1" {status} 0 "-" "curl/8.5.0"'
        )
        errors.append(
            f"{day:%Y/%m/%d %H:%M:%S} [error] 41#41: *7 readv() failed (104: Connection reset by peer) while reading "
            f'upstream, client: 192.0.2.9, server: shop, request: "{method} /orders HTTP/1.1", '
            'upstream: "http://10.0.0.7:8080/orders", host: "shop"'
        )
    return {"nginx-access-log": "\n".join(access), "nginx-error-log": "\n".join(errors)}
