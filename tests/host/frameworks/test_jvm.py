from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

from tests.host.frameworks.running import held, process, put
from why502.host.frameworks import what_runs
from why502.host.frameworks.servers import server

if TYPE_CHECKING:
    from pathlib import Path


def _versions(root: Path, *jars: Path) -> dict[str, str | None]:
    running = process(root, "/opt/jdk/bin/java", "java", "-jar", "api.jar")
    for number, jar in enumerate(jars, start=3):
        held(running, number, jar)
    return {one.name: one.version for one in what_runs(running).software}


def _jar(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as jar:
        for name, content in members.items():
            jar.writestr(name, content)
    return path


def test_jars_on_the_class_path_tell_by_their_names(tmp_path: Path) -> None:
    """They are not even opened."""
    jar = put(tmp_path, "lib/jetty-server-9.4.54.v20240208.jar")
    put(tmp_path, "opt/jdk/release", b'IMPLEMENTOR="x"\nJAVA_VERSION="17.0.15"\n')
    assert _versions(tmp_path, jar) == {"java": "17.0.15", "jetty-server": "9.4.54.v20240208"}


def test_a_fat_jar_tells_by_the_properties_inside(tmp_path: Path) -> None:
    """What shading leaves of the libraries."""
    at = "META-INF/maven/io.dropwizard/dropwizard-jetty/pom.properties"
    jar = _jar(tmp_path / "api-7.jar", {"a/B.class": b"", at: b"#made\nversion=1.3.5\ngroupId=io.dropwizard\n"})
    assert _versions(tmp_path, jar)["dropwizard-jetty"] == "1.3.5"


def test_a_spring_boot_jar_tells_by_the_jars_inside(tmp_path: Path) -> None:
    """They lie unpacked under BOOT-INF/lib."""
    names = ("tomcat-embed-core-10.1.20", "spring-boot-3.2.4", "spring-boot-autoconfigure-3.2.4")
    found = _versions(tmp_path, _jar(tmp_path / "app.jar", {f"BOOT-INF/lib/{name}.jar": b"" for name in names}))
    assert found == {"java": None, "tomcat-embed-core": "10.1.20", "spring-boot": "3.2.4"}


def test_tomcat_itself_tells_by_its_server_info(tmp_path: Path) -> None:
    """catalina.jar has no version in its name."""
    at = "org/apache/catalina/util/ServerInfo.properties"
    jar = _jar(tmp_path / "catalina.jar", {at: b"server.info=Apache Tomcat/9.0.70\nserver.number=9.0.70.0\n"})
    assert _versions(tmp_path, jar)["tomcat-coyote"] == "9.0.70"


def test_without_properties_a_class_tells_that_it_is_there(tmp_path: Path) -> None:
    """Not which version: absent is None."""
    found = _versions(tmp_path, _jar(tmp_path / "all.jar", {"io/dropwizard/jetty/NetUtil.class": b""}))
    assert found["dropwizard-jetty"] is None


def test_the_defaults_follow_the_version(tmp_path: Path) -> None:
    """The broken releases, those before, those after."""
    backlogs = {}
    for number, version in enumerate(("0.9.3", "1.2.9", "1.3.0", "1.3.6", "1.3.7", "2.1.0")):
        root = tmp_path / str(number)
        running = process(root, "/opt/jdk/bin/java", "java")
        held(running, 3, put(root, f"dropwizard-jetty-{version}.jar"))
        found = server(what_runs(running), running)
        assert found is not None
        assert (found.name, found.version, found.keepalive_s) == ("Dropwizard", version, 30.0)
        backlogs[version] = found.backlog
    digit = "first digit of somaxconn"
    assert list(backlogs.values()) == ["50", "somaxconn", digit, digit, "somaxconn", "somaxconn"]
