from __future__ import annotations

import importlib.util
import subprocess
import sys

import click
import pytest

from why502.cli import COMMANDS, why502

HEAVY = [
    "altair",
    "numpy",
    "pandas",
    "rich",
    "jinja2",
    "pyroute2",
    "psutil",
    "vl_convert",
    "isal",
    "zstandard",
    "msgspec",
]
BUILT = [name for name in COMMANDS if importlib.util.find_spec(f"why502.cli.{name}")]


def help_of(command: click.Command, name: str) -> str:
    return command.get_help(click.Context(command, info_name=name))


@pytest.mark.parametrize("name", BUILT)
def test_every_command_states_its_exit_statuses(name: str) -> None:
    """Scripts rely on them, so each command's help names them."""
    command = why502.get_command(click.Context(why502), name)
    assert command is not None
    assert "Exit status" in help_of(command, name)


def test_the_first_help_lists_every_command_with_its_purpose() -> None:
    """`why502 --help` says what there is."""
    if len(BUILT) < len(COMMANDS):
        pytest.skip("a command is not there yet")
    text = help_of(why502, "why502")
    assert [name for name in COMMANDS if f"  {name} " not in text] == []


@pytest.mark.parametrize("arguments", [["--help"], ["diagnose", "--help"], ["explain", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    """Help is shown at once: what a command stands on is loaded when it runs."""
    program = (
        "import sys\n"
        "from why502.cli import main\n"
        "try:\n"
        f"    main({arguments!r})\n"
        "finally:\n"
        f"    print(*(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert "Usage:" in done.stdout
    assert done.stderr.split() == []
