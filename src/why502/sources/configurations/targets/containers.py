"""What the command line and the environment of a container say about the limits of the server in it.

Nobody tells what its image or its configuration files say besides: what is said here outranks these.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import structs

from why502.facts.command_lines import commands
from why502.facts.server_commands import of_command
from why502.model.expressions import expression
from why502.sources.configurations.keys import Key
from why502.sources.configurations.targets import java
from why502.sources.configurations.targets.told import setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from why502.model.evidence import Place
    from why502.model.settings import TargetSetting

COMMAND: Final = "command line"
ENVIRONMENT: Final = "environment"
OPTIONS_OF_JAVA: Final = ("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")
"""Read by the machine and by its launcher themselves; other names are conventions of scripts."""
CONCURRENCY: Final = "WEB_CONCURRENCY"

_PROPERTY = expression(r"(?:-D(?:dw\.)?|--)(server\.[\w.\[\]-]{1,200})=(.{1,200})", re.ASCII)
_VARIABLE = expression(r"SERVER(?:_[A-Z0-9]{1,64}){1,8}", re.ASCII)


class Container(NamedTuple):
    """One container as a tool shows it."""

    name: str
    """'shop-7d9f/app', 'shop'"""
    words: Sequence[str]
    """Its command line; empty if it is the image's, and not told."""
    variables: Mapping[str, str]
    """What is set elsewhere is ''."""
    hosts: tuple[str, ...]
    """Where it is reached, without ports."""
    ports: tuple[str, ...] = ()
    """That it says to listen on."""
    published: Mapping[str, tuple[str, ...]] = {}
    """Its port -> those of its machine that lead there."""


def settings(container: Container, at: Place) -> Iterator[TargetSetting]:
    """Of the server that its command line runs; each once for its own address, and for each port of its machine."""
    for found in _found(container, at):
        address = found.address or (container.ports[0] if len(container.ports) == 1 else "")
        if container.hosts:
            yield structs.replace(found, address=address, hosts=container.hosts)
        for port in container.published.get(address, ()):
            yield structs.replace(found, address=port)


def _found(container: Container, at: Place) -> Iterator[TargetSetting]:
    by_line, by_variables = (structs.replace(at, name=f"{container.name} {what}") for what in (COMMAND, ENVIRONMENT))
    for words, variables in commands(container.words, container.variables):
        said = of_command(words)
        for option in of_command(words, variables):
            yield setting(option, by_line if option in said else by_variables)
    yield from java.settings(_keys(container), by_line.path, by_line)


def _keys(container: Container) -> Iterator[Key]:
    """Spring Boot, "Externalized Configuration": arguments outrank `-D`, which outranks the environment."""
    found: dict[tuple[str, ...], Key] = {}
    for name, value in container.variables.items():
        if value and _VARIABLE.fullmatch(name):
            found[java.bare_of_variable(name)] = Key(java.bare_of_variable(name), value, 0)
    tooled = [word for name in OPTIONS_OF_JAVA for word in container.variables.get(name, "").split()]
    given = [word for words, _ in commands(container.words, container.variables) for word in words]
    for prefix in ("-D", "--"):
        for word in (*tooled, *given):
            if word.startswith(prefix) and (told := _PROPERTY.fullmatch(word)):
                parts = tuple(part.partition("[")[0] for part in told[1].split("."))
                found[java.bare(parts)] = Key(parts, told[2], 0)
    yield from found.values()
