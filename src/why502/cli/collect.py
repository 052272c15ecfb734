"""`why502 collect`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from why502.cli import output
from why502.errors import Why502Error
from why502.model.pasting import shell_word

if TYPE_CHECKING:
    from why502.model.host import Unseen

NAMED = Path("/run/netns")
UNITS_S = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType[float]):
    """'30s', '5m', '1h', or a number of seconds."""

    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m|h|)", str(value), re.ASCII)
        if not match:
            self.fail(f"{value!r} is no duration; write 30s, 5m or 1h", param, ctx)
        return float(match[1]) * UNITS_S[match[2]]


@click.command("collect")
@click.option(
    "-o",
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="BUNDLE",
    help="A folder, or a file that ends in .tar.zst.",
)
@click.option("--duration", "duration_s", type=Duration(), default=30.0, show_default="30s", help="How long.")
@click.option(
    "--target",
    "targets",
    multiple=True,
    metavar="ADDR:PORT",
    help="Capture the packets of this port; may be repeated. Without it no packets are captured.",
)
@click.option(
    "--netns",
    multiple=True,
    metavar="NAME|PATH",
    help="Look only into this network namespace; may be repeated. Default: all of them.",
)
@click.option("--capture-netns", metavar="NAME|PATH", help="Capture in this network namespace. Default: ours.")
@click.option("--interface", help="Capture on this interface only.")
@click.option(
    "--config",
    "configs",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Add a copy of this file, secrets removed; may be repeated.",
)
@click.option("--no-events", is_flag=True, help="Trace no kernel events.")
@click.option("--payloads", is_flag=True, help="Capture whole packets: they hold what people sent.")
@click.option("--force", is_flag=True, help="Overwrite an existing bundle.")
def command(
    out: Path,
    duration_s: float,
    targets: tuple[str, ...],
    netns: tuple[str, ...],
    capture_netns: str | None,
    interface: str | None,
    configs: tuple[Path, ...],
    no_events: bool,
    payloads: bool,
    force: bool,
) -> None:
    """Record evidence on this host into a bundle; `why502 diagnose BUNDLE` reads it anywhere.

    Snapshots of listeners, counters and processes each second, queues 100 times a second (at most a tenth of one
    core), the headers of the target's packets and status codes and kinds of TLS records in them (at most 256 MiB),
    and kernel events (listen, resets, exits, OOM; tracing them costs every system call of the machine some 0.1 us).
    Ends at once and cleanly on Ctrl-C.

    \b
    Exit status:
      0  the bundle is written; what could not be recorded is named
      2  nothing was written, with the reason
    """  # noqa: D301 - click wants the backspace character itself
    if sys.platform != "linux":
        raise Why502Error("`why502 collect` works on Linux only", hint="diagnose reads bundles anywhere")
    from why502.cli.signals import stop_on_signals

    stop = stop_on_signals()
    from why502.collecting import Wishes, collect

    wishes = Wishes(
        duration_s=duration_s,
        targets=targets,
        netns=[_door(name) for name in netns] or None,
        capture_netns=_door(capture_netns) if capture_netns else None,
        interface=interface,
        configs=configs,
        events=not no_events,
        payloads=payloads,
    )
    click.echo(f"recording for {duration_s:g} s; Ctrl-C ends it early", err=True)
    bundle = collect(out, wishes, stop=stop, force=force, lacking=_say)
    click.echo(f"why502 diagnose {shell_word(str(bundle))}")


def _say(lacking: Unseen) -> None:
    output.tell(f"not recorded: {lacking.what}: {lacking.why}")


def _door(name: str) -> Path:
    return Path(name) if "/" in name else NAMED / name
