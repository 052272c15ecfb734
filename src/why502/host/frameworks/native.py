"""Servers that are one binary: the version stands as a string in their read-only data.

Their binary is read, never run (`nginx -v` would run a stranger's program).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

from why502.host.frameworks.elf import binary
from why502.host.frameworks.interface import Found, Recogniser
from why502.host.frameworks.remembered import Remembered
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

Marks = dict[bytes, re.Pattern[bytes]]
"""A literal that is quick to find -> the pattern around it whose first group is the version."""

PROGRAMS: Final[dict[str, tuple[str, Marks]]] = {
    # src/core/nginx.h, NGINX_VER
    "nginx": ("nginx", {b"nginx/": expression(rb"nginx/(\d+\.\d+\.\d+)")}),
    # src/haproxy.c, the start-up notice; include/haproxy/version.h in releases without it
    "haproxy": (
        "haproxy",
        {
            b", released ": expression(rb"version (\d+\.\d+[\w.+~-]*), released"),
            b"HAProxy version ": expression(rb"HAProxy version (\d+\.\d+[\w.+~-]*)"),
        },
    ),
    # include/ap_release.h, AP_SERVER_BASEVERSION
    "apache2": ("apache-httpd", {b"Apache/2": expression(rb"Apache/(2\.\d+\.\d+)")}),
    "httpd": ("apache-httpd", {b"Apache/2": expression(rb"Apache/(2\.\d+\.\d+)")}),
    # include/vcs.h
    "varnishd": ("varnish", {b"varnish-": expression(rb"varnish-(\d+\.\d+\.\d+) revision")}),
    "cache-main": ("varnish", {b"varnish-": expression(rb"varnish-(\d+\.\d+\.\d+) revision")}),
    # source/common/version: <commit>/<version>/Clean/RELEASE/<TLS library>
    "envoy": ("envoy", {b"/RELEASE/": expression(rb"/?(\d+\.\d+\.\d+)(?:-\w+)?/\w+/RELEASE")}),
    "lighttpd": ("lighttpd", {b"lighttpd/": expression(rb"lighttpd/(\d+\.\d+\.\d+)")}),
    "traffic_server": ("traffic-server", {b"Traffic Server ": expression(rb"Traffic Server (\d+\.\d+\.\d+)")}),
    "[TS_MAIN]": ("traffic-server", {b"Traffic Server ": expression(rb"Traffic Server (\d+\.\d+\.\d+)")}),
    # src/node_version.h through NODE_VERSION; the second form in builds with a release address
    "node": (
        "node",
        {b"node.js/v": expression(rb"node\.js/v(\d+\.\d+\.\d+)"), b"node-v": expression(rb"node-v(\d+\.\d+\.\d+)")},
    ),
    "bun": ("bun", {b"Bun/": expression(rb"Bun/(\d+\.\d+\.\d+)"), b"bun-v": expression(rb"bun-v(\d+\.\d+\.\d+)")}),
    "h2o": ("h2o", {b"h2o/": expression(rb"h2o/(\d+\.\d+\.\d+)")}),
    "sozu": ("sozu", {}),
    "runsc": ("gvisor", {}),
    "linkerd2-proxy": ("linkerd2-proxy", {}),
    "beam.smp": ("erlang", {}),
}
"""Name of the binary -> what it is, and how it tells its version."""

FAMILIES: Final[tuple[tuple[re.Pattern[str], str, Marks], ...]] = (
    (expression(r"^uwsgi(-core)?$"), "uwsgi", {b"2.": expression(rb"\0(2\.\d\.\d{1,2}(?:\.\d+)?)(?:-\w+)?\0")}),
    (expression(r"^php-fpm[\d.]*$"), "php-fpm", {b"PHP/": expression(rb"PHP/(\d+\.\d+\.\d+)")}),
    (expression(r"^(Passenger|PassengerAgent)\b"), "passenger", {}),
)


def _search(marks: Marks, fd: int) -> str | None:
    found = binary(fd)
    match = found.search(marks) if found else None
    return match[1].decode("ascii", "replace") if match else None


VERSIONS: Final = {name: Remembered(partial(_search, marks)) for name, (_, marks) in PROGRAMS.items()}
FAMILY_VERSIONS: Final = tuple((names, what, Remembered(partial(_search, marks))) for names, what, marks in FAMILIES)


def what_is(program: str) -> tuple[str, Remembered[str | None]] | None:
    """The server that a binary's name stands for, and how to read its version."""
    if program in PROGRAMS:
        return PROGRAMS[program][0], VERSIONS[program]
    return next(((what, version) for names, what, version in FAMILY_VERSIONS if names.match(program)), None)


def recognise(running: Running) -> Found:
    known = what_is(running.program)
    if known is None:
        return Found()
    name, version_of = known
    with running.files.executable() as fd:
        version = version_of(fd) if fd is not None else None
    return Found((Software(name, version, running.executable or running.name),))


RECOGNISER = Recogniser(applies=lambda running: what_is(running.program) is not None, recognise=recognise, order=70)
