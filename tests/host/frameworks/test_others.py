"""Families whose recogniser is a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.host.frameworks.running import process, put
from why502.host.frameworks import recognisers, what_runs
from why502.host.frameworks.elf import HEADER
from why502.host.frameworks.servers import rows, server
from why502.host.frameworks.settings import set_in_files

if TYPE_CHECKING:
    from pathlib import Path

    from why502.host.frameworks.interface import Running
    from why502.model.host import Server


def _server(running: Running) -> tuple[str, str | None, str]:
    found = server(what_runs(running), running)
    assert found is not None
    return found.name, found.version, found.keepalive


@pytest.mark.parametrize(
    ("program", "text", "expected"),
    [
        ("/usr/sbin/nginx", b"nginx/1.22.1\0", ("nginx", "1.22.1", "75 s (default)")),
        ("/usr/sbin/haproxy", b" version 2.6.12-1+deb12u4, released 2026\0", ("HAProxy", "2.6.12-1+deb12u4", None)),
        ("/usr/sbin/apache2", b"Apache/2.4.71 (Debian)\0", ("Apache httpd", "2.4.71", "5 s (default)")),
        ("/usr/sbin/varnishd", b"varnish-7.1.1 revision 7cee\0", ("Varnish", "7.1.1", "5 s (default)")),
        ("/usr/local/bin/envoy", b"abc/1.30.1/Clean/RELEASE/BoringSSL\0", ("Envoy", "1.30.1", "3600 s (default)")),
        ("/usr/bin/uwsgi-core", b"\x002.0.21-debian\0", ("uWSGI", "2.0.21", "")),
        ("/usr/sbin/php-fpm8.2", b"X-Powered-By: PHP/8.2.36\0", ("PHP-FPM", "8.2.36", "")),
        ("/usr/bin/traffic_server", b"Traffic Server 9.2.9 Apr\0", ("Traffic Server", "9.2.9", "")),
        ("/usr/bin/node", b"node.js/v20.20.2\0", ("Node.js", "20.20.2", "5 s (default)")),
        ("/usr/bin/node", b"node.js/v26.1.0\0", ("Node.js", "26.1.0", "65 s (default)")),
        ("/srv/api", b"/rustc/" + b"a" * 40 + b"/x\0/mio-1.2.0/src/lib.rs\0", ("Tokio", "1.2.0", "")),
    ],
)
def test_a_binary_tells_its_version_by_its_strings(
    tmp_path: Path, program: str, text: bytes, expected: tuple[str, str, str | None]
) -> None:
    """It is read, not run. The strings are those of Debian's packages, of Node.js and of Envoy's documentation."""
    running = process(tmp_path, program, program)
    (tmp_path / "proc/exe").symlink_to(put(tmp_path, program, b"\x7fELF".ljust(HEADER.size, b"\0") + text))
    name, version, keepalive = expected
    assert _server(running)[:2] == (name, version)
    if keepalive is not None:
        assert _server(running)[2] == keepalive


def test_frameworks_of_node_lie_beside_the_script_or_above(tmp_path: Path) -> None:
    """As `require` looks for them; the nearest wins."""
    put(tmp_path, "app/node_modules/fastify/package.json", b'{"name": "fastify", "version": "5.2.0"}')
    put(tmp_path, "node_modules/fastify/package.json", b'{"version": "3.0.0"}')
    running = process(tmp_path, "/usr/bin/node", "node", "--inspect", "src/server.js", folder="/app")
    assert _server(running) == ("Fastify", "5.2.0", "72 s (default)")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (b'{"dependencies": {"express": "4"}}', ("Node.js", "20.20.2", "5 s (default)")),
        (b'{"dependencies": {"@nestjs/platform-fastify": "10"}}', ("Fastify", "5.2.0", "72 s (default)")),
        (
            b'{"dependencies": {"fastify": "5"}, "devDependencies": {"koa": "2"}}',
            ("Fastify", "5.2.0", "72 s (default)"),
        ),
    ],
)
def test_a_framework_that_the_application_does_not_ask_for_is_not_believed(
    tmp_path: Path, asked: bytes, expected: tuple[str, str, str]
) -> None:
    """Development tools bring others along."""
    running = _of_node(tmp_path, asked)
    assert _server(running) == expected
    assert not what_runs(running).guessed


def test_of_two_frameworks_that_are_asked_for_neither_is_more_than_a_guess(tmp_path: Path) -> None:
    """Their idle limits differ, and which of them listens no file tells."""
    assert what_runs(_of_node(tmp_path, b'{"dependencies": {"express": "4", "fastify": "5"}}')).guessed


def _of_node(root: Path, package: bytes) -> Running:
    running = process(root, "/usr/bin/node", "node", "server.js", folder="/app")
    content = b"\x7fELF".ljust(HEADER.size, b"\0") + b"node.js/v20.20.2\0"
    (root / "proc/exe").symlink_to(put(root, "/usr/bin/node", content))
    put(root, "app/package.json", package)
    put(root, "app/node_modules/fastify/package.json", b'{"version": "5.2.0"}')
    put(root, "app/node_modules/express/package.json", b'{"version": "4.18.2"}')
    return running


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("puma 6.4.0 (tcp://0.0.0.0:9292) [app]", ("Puma", "6.4.0", "20 s (default)")),
        ("puma: cluster worker 1: 4242 [app]", ("Puma", None, "20 s up to 6, 65 s from 7")),
        ("unicorn master -c config/unicorn.rb", ("Unicorn", None, "none")),
    ],
)
def test_titles_of_ruby_servers(tmp_path: Path, title: str, expected: tuple[str, str | None, str]) -> None:
    """They write it over their command line."""
    assert _server(process(tmp_path, "/usr/bin/ruby3.1", title)) == expected


def test_libraries_of_an_erlang_release(tmp_path: Path) -> None:
    """In the folder that -root names."""
    (tmp_path / "app/lib/cowboy-2.12.0").mkdir(parents=True)
    running = process(tmp_path, "/app/erts-14/bin/beam.smp", "beam.smp", "--", "-root", "/app")
    assert _server(running) == ("Phoenix on Cowboy", "2.12.0", "5 s (default)")


def test_frameworks_of_dotnet(tmp_path: Path) -> None:
    """In the runtimeconfig.json beside the assembly."""
    text = b'{"runtimeOptions": {"frameworks": [{"name": "Microsoft.AspNetCore.App", "version": "8.0.4"}]}}'
    put(tmp_path, "srv/api.runtimeconfig.json", text)
    assert _server(process(tmp_path, "/usr/bin/dotnet", "dotnet", "api.dll")) == ("Kestrel", "8.0.4", "130 s (default)")


@pytest.mark.parametrize(
    ("software", "arguments", "path", "text", "expected_s"),
    [
        ("nginx", ("nginx: master process nginx -c /n.conf",), "/n.conf", b"http { keepalive_timeout 65;\n", None),
        ("nginx", ("nginx: master process nginx -c /n.conf",), "/n.conf", b"http {\n keepalive_timeout 65s;\n", 65),
        ("nginx", ("nginx",), "/etc/nginx/nginx.conf", b"  keepalive_timeout 2m;\n", 120),
        ("nginx", ("nginx",), "/etc/nginx/nginx.conf", b"keepalive_timeout 5;\nkeepalive_timeout 9;\n", None),
        ("nginx", ("nginx: worker process",), "/etc/nginx/nginx.conf", b"  keepalive_timeout 2m;\n", None),
        ("apache-httpd", ("apache2",), "/etc/apache2/apache2.conf", b"KeepAliveTimeout 15\n", 15),
        ("dropwizard-jetty", ("java", "-jar", "a.jar", "server", "c.yml"), "/srv/c.yml", b"   idleTimeout: 75s\n", 75),
        ("dropwizard-jetty", ("java", "-jar", "a.jar", "server"), "/srv/c.yml", b"   idleTimeout: 75s\n", None),
    ],
)
def test_a_value_in_the_configuration_counts_where_it_is_the_only_one(
    tmp_path: Path, software: str, arguments: tuple[str, ...], path: str, text: bytes, expected_s: float | None
) -> None:
    """Two values that differ say nothing about a listener."""
    put(tmp_path, path, text)
    assert set_in_files(software, process(tmp_path, "/usr/sbin/x", *arguments)).keepalive_s == expected_s


def test_the_table_is_whole() -> None:
    """Every row has its source, and patterns that compile."""
    assert len(rows()) > 50
    assert all(row.source for row in rows())
    assert len(recognisers()) >= 9


def test_an_unknown_process_is_no_server(tmp_path: Path) -> None:
    """No answer rather than a wrong one."""
    running = process(tmp_path, "/usr/bin/true", "true")
    found: Server | None = server(what_runs(running), running)
    assert found is None
