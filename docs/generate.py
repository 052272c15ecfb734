"""Writes docs/causes/*.md and docs/commands.md from the suspects and the command line; --check only compares."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from docs.record import SEEN, Seen
from why502.cli import COMMANDS, why502
from why502.suspects import manual_page, modules

DOCS = Path(__file__).parent
PROXIES = {
    "alb": "an AWS Application Load Balancer (emulated)",
    "nginx": "nginx",
    "haproxy": "HAProxy",
    "apache": "Apache httpd",
    "caddy": "Caddy",
    "varnish": "Varnish",
    "trafficserver": "Traffic Server",
}


def pages() -> dict[Path, str]:
    """Every generated page with its text."""
    built = {DOCS / "causes" / f"{name}.md": _cause(name) for name in modules()}
    return {**built, DOCS / "causes" / "README.md": _index(), DOCS / "commands.md": _commands()}


def _cause(name: str) -> str:
    title, _, body = manual_page(name).partition("\n")
    lines = body.strip().splitlines()
    text = []
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if following and set(following) == {"-"}:
            text.append(f"## {line}")
        elif not line or set(line) != {"-"}:
            text.append(line)
    return f"# {title}\n\n`{name}`\n\n" + "\n".join([*text, *_seen(name)]) + "\n"


def _seen(name: str) -> list[str]:
    """What it looked like in a recording of the lab (`python -m docs.record`): each proxy's log, the wire, the host."""
    path = SEEN / f"{name}.json"
    if not path.exists():
        return []
    seen = msgspec.json.decode(path.read_bytes(), type=Seen)
    text = ["", "## Seen in the lab"]
    for proxy, lines in sorted(seen.logs.items()):
        text += ["", f"In the log of {PROXIES.get(proxy, proxy)}:", "", "```", *lines.access, *lines.error, "```"]
    if seen.wire:
        text += ["", f"On the wire, {seen.wire}:", "", f"![{name} on the wire](../seen/{name}.svg)"]
    if seen.host:
        text += ["", "On the target's host:", "", "```", *seen.host, "```"]
    return text


def _index() -> str:
    rows = [f"| [{name}]({name}.md) | {m.SUSPECT.kind} | {m.SUSPECT.title} |" for name, m in modules().items()]
    return "\n".join(["# Causes", "", "| name | kind | what it is |", "|---|---|---|", *rows, ""])


def _commands() -> str:
    parts = ["# Commands", "", "```", _help(why502, "why502"), "```"]
    context = click.Context(why502, info_name="why502")
    for name in COMMANDS:
        command = why502.get_command(context, name)
        assert command is not None
        parts += ["", f"## why502 {name}", "", "```", _help(command, f"why502 {name}"), "```"]
        if isinstance(command, click.Group):
            for sub in sorted(command.commands):
                text = _help(command.commands[sub], f"why502 {name} {sub}")
                parts += ["", f"### why502 {name} {sub}", "", "```", text, "```"]
    return "\n".join([*parts, ""])


def _help(command: click.Command, name: str) -> str:
    return command.get_help(click.Context(command, info_name=name, max_content_width=100, terminal_width=100))


def main() -> int:
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            sys.stderr.write(f"{path.relative_to(DOCS.parent)} is stale: run `make docs`\n")
        return 1 if stale else 0
    (DOCS / "causes").mkdir(exist_ok=True)
    for path, text in pages().items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
