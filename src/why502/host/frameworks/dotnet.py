"""What a .NET process serves with: the shared frameworks that its `runtimeconfig.json` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import DecodeError, Struct, field, json

from why502.host.frameworks.interface import Found, Recogniser
from why502.model.decoding import ready
from why502.model.host import Software

if TYPE_CHECKING:
    from why502.host.frameworks.interface import Running

MAX_BYTES: Final = 256 << 10
WEB: Final = "Microsoft.AspNetCore.App"


class Framework(Struct):
    name: str = ""
    version: str = ""


class Options(Struct):
    framework: Framework | None = None
    frameworks: list[Framework] = []


class RuntimeConfig(Struct):
    options: Options = field(default_factory=Options, name="runtimeOptions")


def recognise(running: Running) -> Found:
    program = next((word for word in running.arguments if word.endswith(".dll")), running.executable)
    at = program.removesuffix(".dll") + ".runtimeconfig.json"
    at = at if at.startswith("/") else f"{running.folder}/{at}"
    found = parse(running.files.read(at, MAX_BYTES))
    return Found((Software("kestrel", found, at),) if found else ())


def parse(text: bytes) -> str | None:
    """The version of ASP.NET Core, which is that of Kestrel.

    >>> parse(b'{"runtimeOptions": {"framework": {"name": "Microsoft.AspNetCore.App", "version": "8.0.0"}}}')
    '8.0.0'
    """
    try:
        options = json.decode(text, type=ready(RuntimeConfig)).options
    except DecodeError:
        return None
    asked = (*options.frameworks, *((options.framework,) if options.framework else ()))
    return next((one.version for one in asked if one.name == WEB), None)


RECOGNISER = Recogniser(
    applies=lambda running: running.program == "dotnet" or any(w.endswith(".dll") for w in running.arguments[:3]),
    recognise=recognise,
    order=60,
)
