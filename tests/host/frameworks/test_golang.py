from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from why502.host.frameworks.golang import MAGIC, parse


def build_info(compiler: bytes, modules: str) -> bytes:
    """As Go's linker writes it: the strings inline, the second one wrapped."""
    wrapped = b"0" * 16 + modules.encode() + b"1" * 16
    return MAGIC + b"\x08\x02" + bytes(16) + _string(compiler) + _string(wrapped)


def _string(content: bytes) -> bytes:
    length, out = len(content), b""
    while length >= 0x80:
        out += bytes([length & 0x7F | 0x80])
        length >>= 7
    return out + bytes([length]) + content


def test_compiler_and_known_modules_are_told() -> None:
    """The main module and dependencies alike."""
    text = "path\tgithub.com/traefik/traefik/v3/cmd/traefik\nmod\tgithub.com/traefik/traefik/v3\tv3.1.2\th1:x=\n"
    found = {
        one.name: one.version for one in parse(build_info(b"go1.22.5 X:nocoverageredesign", text + "dep\ta\tv1\n"))
    }
    assert found == {"go": "1.22.5", "traefik": "v3.1.2"}


def test_dockers_proxy_is_known_by_its_path() -> None:
    """Its module has no version."""
    found = parse(build_info(b"go1.21", "path\tgithub.com/docker/docker/cmd/docker-proxy\n"))
    assert "docker-proxy" in {one.name for one in found}


@given(st.binary(max_size=200))
def test_any_bytes_raise_nothing(content: bytes) -> None:
    """Lengths that lie."""
    parse(content)
    parse(MAGIC + b"\x08\x02" + content)
