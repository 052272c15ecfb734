"""What runs in a Java virtual machine: the jars that it holds open, by their names and their `pom.properties`.

The class loaders keep every jar open that they looked into (`java.util.zip.ZipFile`), so /proc/PID/fd lists what is
used, whatever the class path says. Maven writes `META-INF/maven/GROUP/ARTIFACT/pom.properties` into each jar, and the
usual plugins for one large jar keep it or keep the jars whole inside (`BOOT-INF/lib`, `WEB-INF/lib`).
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from why502.host.frameworks.interface import Found, Recogniser
from why502.host.frameworks.remembered import Remembered
from why502.host.frameworks.zips import directory
from why502.model.expressions import expression
from why502.model.host import Software

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.host.frameworks.interface import Running
    from why502.host.frameworks.zips import Directory

ARTIFACTS: Final = (
    *("dropwizard-jetty", "jetty-server", "tomcat-embed-core", "tomcat-coyote", "undertow-core"),
    *("reactor-netty-http", "netty-codec-http", "netty-transport", "vertx-core", "play-server"),
    *("spring-boot", "spring-cloud-gateway-server", "spring-cloud-gateway-core", "wiremock", "wiremock-standalone"),
    *("akka-http-core_2.13", "akka-http-core_2.12", "pekko-http-core_2.13", "pekko-http-core_3"),
)
JAR: Final = expression(rf"(?:^|/)({'|'.join(map(re.escape, ARTIFACTS))})-(\d[\w.+-]*?)\.jar$")
CLASSES: Final = {
    "dropwizard-jetty": b"io/dropwizard/jetty/NetUtil.class",
    "jetty-server": b"org/eclipse/jetty/server/ServerConnector.class",
    "undertow-core": b"io/undertow/Undertow.class",
}
"""Where a tool for one large jar left the properties out, a class tells that it is there, not which version."""
TOMCAT: Final = b"org/apache/catalina/util/ServerInfo.properties"
TOMCAT_VERSION: Final = expression(rb"^server\.number=(\d+\.\d+\.\d+)", re.MULTILINE)
VERSION: Final = expression(rb"^version=([\w.+-]{1,64})\s*$", re.MULTILINE)
RELEASE: Final = expression(rb'^JAVA_VERSION="([\w.+-]{1,32})"', re.MULTILINE)
MAX_JARS: Final = 500


def recognise(running: Running) -> Found:
    found = {one.name: one for one in _java(running)}
    links = running.files.links()
    jars = (
        (number, path) for number, path in links.items() if path.removesuffix(" (deleted)").endswith((".jar", ".war"))
    )
    for number, path in islice(jars, MAX_JARS):
        for one in _in_jar(running, number, path):
            if one.name not in found or found[one.name].version is None:
                found[one.name] = one
    return Found(tuple(found.values()))


def _java(running: Running) -> Iterator[Software]:
    """The machine's own version, from the file `release` of its folder."""
    home = running.executable.removesuffix("/bin/java")
    release = RELEASE.search(running.files.read(f"{home}/release", 4096)) if home != running.executable else None
    yield Software("java", release[1].decode() if release else None, running.executable)


def _in_jar(running: Running, number: int, path: str) -> Iterator[Software]:
    if match := JAR.search(path.removesuffix(" (deleted)")):
        yield Software(match[1], match[2], path)
        return
    with running.files.held(number) as fd:
        members = CONTENTS(fd) if fd is not None else ()
    for name, version, member in members:
        yield Software(name, version, f"{path}!/{member}")


def contents(fd: int) -> tuple[tuple[str, str | None, str], ...]:
    """(artifact, version, member) of all that is known in a jar."""
    return tuple(_members(found)) if (found := directory(fd)) else ()


def _members(jar: Directory) -> Iterator[tuple[str, str | None, str]]:
    seen = set()
    for name in ARTIFACTS:
        for place, member in jar.names(f"/{name}/pom.properties".encode()):
            if match := VERSION.search(jar.read(place)):
                seen.add(name)
                yield name, match[1].decode(), member
        for _, member in jar.names(f"-INF/lib/{name}-".encode()):
            if nested := JAR.search(member):
                seen.add(name)
                yield nested[1], nested[2], member
    for place, member in jar.names(TOMCAT):
        if match := TOMCAT_VERSION.search(jar.read(place)):
            yield "tomcat-coyote", match[1].decode(), member
    for name, path in CLASSES.items():
        if name not in seen and (hit := next(jar.names(path), None)):
            yield name, None, hit[1]


CONTENTS: Final = Remembered(contents)


RECOGNISER = Recogniser(applies=lambda running: running.program == "java", recognise=recognise, order=10)
