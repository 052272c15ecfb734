from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.collecting.configs import MAX_CONFIG_BYTES, copy_configs, redact_config

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("db_password: hunter2", "db_password: ***"),
        ('  "apiKey": "abc",', '  "apiKey": ***'),
        ("export AUTH_TOKEN=abc", "export AUTH_TOKEN=***"),
        ("ssl_password_file /etc/pass", "ssl_password_file ***"),
        ("keepalive_timeout 65;", "keepalive_timeout 65;"),
        ("acceptQueueSize: 1024", "acceptQueueSize: 1024"),
    ],
)
def test_values_of_secrets_are_hidden_and_settings_kept(line: str, kept: str) -> None:
    """By the name before them."""
    assert redact_config(f"a: 1\n{line}\nb: 2\n") == f"a: 1\n{kept}\nb: 2\n"


@pytest.mark.parametrize(
    "text",
    [
        'proxy_set_header Authorization "Basic hunter2";',
        "database: postgres://shop:hunter2@db/shop",
        "requirepass hunter2",
        "stats auth admin:hunter2",
        "<password>hunter2</password>",
        "'password' => 'hunter2',",
        "password: -hunter2",
        "private_key: hunter2",
        "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n+/hunter2==\n-----END RSA PRIVATE KEY-----",
        '{"tls": {"key": "-----BEGIN PRIVATE KEY-----\\nhunter2\\n-----END PRIVATE KEY-----"}}',
        "env:\n  - name: DB_PASSWORD\n    value: hunter2",
        '{"env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}',
        '[{\n  "name": "DB_PASSWORD",\n  "value": "hunter2"\n}]',
        "password: |\n  hunter2\n  hunter2",
        "password: >-\n  hunter2",
        "password:\n  hunter2",
        f'{{"text": "{"x" * 300}", "password": "hunter2"}}',
    ],
)
def test_secrets_are_found_wherever_configurations_keep_them(text: str) -> None:
    """In headers, URLs, key files, on the lines below their name, and anywhere in a document of one line."""
    redacted = redact_config(f"a: 1\n{text}\nport: 8080\n")
    assert "hunter2" not in redacted
    assert redacted.startswith("a: 1\n")
    assert redacted.endswith("\nport: 8080\n")
    assert redacted.count("\n") == text.count("\n") + 3


@pytest.mark.parametrize(
    "text",
    [
        "token_bucket:\n  fill_interval: 1s\n",
        "secrets:\n  timeout: 5s\n",
        "server {\n  # the token\n  proxy_read_timeout 3s;\n}\n",
        "log_format a '$cookie_id $http_authorization $status';\n",
    ],
)
def test_what_only_speaks_of_secrets_is_kept(text: str) -> None:
    assert redact_config(text) == text


@given(st.text(max_size=200), st.text(alphabet="abcdef0123456789", min_size=12, max_size=20))
def test_no_secret_survives(before: str, secret: str) -> None:
    """Whatever lines come before it."""
    assert secret not in redact_config(f"{before}\npassword: {secret}\n").rpartition("\n")[0].rpartition("\n")[2]


def test_what_cannot_be_copied_is_named(tmp_path: Path) -> None:
    """Missing, too long; two of one name are kept apart."""
    first, second = tmp_path / "a/app.yml", tmp_path / "b/app.yml"
    for path, port in ((first, 1), (second, 2)):
        path.parent.mkdir()
        path.write_text(f"port: {port}\n")
    long = tmp_path / "long.yml"
    long.write_bytes(b"x" * (MAX_CONFIG_BYTES + 1))
    out = tmp_path / "configs"
    unseen = list(copy_configs([first, second, long, tmp_path / "missing.yml"], out))
    assert [one.why for one in unseen] == ["longer than 1024 KiB", "No such file or directory"]
    assert {path.name: path.read_text() for path in out.iterdir()} == {"app.yml": "port: 1\n", "2-app.yml": "port: 2\n"}
