from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.host.redaction import redact


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["java", "-jar", "app.jar", "--port=8080"], "java -jar app.jar --port=8080"),
        (["app", "--password=hunter2"], "app --password=***"),
        (["app", "--db-password", "hunter2", "-v"], "app --db-password *** -v"),
        (["app", "-p", "9000"], "app -p 9000"),
        (["java", "-Dspring.datasource.password=x y"], "java -Dspring.datasource.password=***"),
        (["env", "AWS_SECRET_ACCESS_KEY=abc", "run"], "env AWS_SECRET_ACCESS_KEY=*** run"),
        (["app", "API_TOKEN=abc"], "app API_TOKEN=***"),
        (["app", "--auth-token", "abc"], "app --auth-token ***"),
        (["app", "postgres://user:pw@db/x"], "app postgres://user:***@db/x"),
        (["java", "-Dpassword=x", "-DdbPassword=x", "-Dkey=x"], "java -Dpassword=*** -DdbPassword=*** -Dkey=***"),
        (["curl", "-H", "Authorization: Bearer x", "-HCookie: a=b"], "curl -H Authorization:*** -HCookie:***"),
        (["app", "--api-key", "--verbose"], "app --api-key --verbose"),
        (["monkey", "keyboard=us", "keepalive=5"], "monkey keyboard=us keepalive=5"),
    ],
)
def test_values_of_secrets_are_hidden_and_nothing_else(arguments: list[str], expected: str) -> None:
    """What tells a listener's service apart must survive."""
    assert redact(arguments) == expected


@given(st.sampled_from(["password", "DB_PASSWORD", "secret", "client-secret", "token", "x.api_key"]), st.booleans())
def test_a_secret_never_survives(name: str, joined: bool) -> None:
    """As one word with its name, or as the word after it."""
    arguments = [f"--{name}=s3cr3t"] if joined else [f"--{name}", "s3cr3t"]
    assert "s3cr3t" not in redact(["app", *arguments, "tail"])


def test_endless_command_lines_are_cut() -> None:
    """A class path of a megabyte does not get into every snapshot."""
    assert len(redact(["java", "x" * 1_000_000])) == 4096
