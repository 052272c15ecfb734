"""`why502 reproduce`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from why502.cli.collect import Duration
from why502.errors import Exit, Why502Error

if TYPE_CHECKING:
    from why502.reproduce.target import Target


@click.command("reproduce")
@click.argument("url")
@click.option("--concurrency", type=click.IntRange(1, 1024), default=5, show_default=True, help="Connections at once.")
@click.option("--bursts", type=click.IntRange(1, 100), default=3, show_default=True, help="How many times.")
@click.option("--sweep-to", type=click.IntRange(0, 1024), help="Largest burst of the sweep. Default: --concurrency.")
@click.option("--body", "body_bytes", type=click.IntRange(0, 1 << 20), default=0, metavar="BYTES",
              help="Send a POST with a body of this size.")  # fmt: skip
@click.option("--two-segments", is_flag=True, help="Send head and body apart: shows resets by a full queue.")
@click.option("--connection-test-only", is_flag=True, help="Connect, and send nothing.")
@click.option("--timeout", "timeout_s", type=Duration(), default=5.0, show_default="5s", help="For each connection.")
@click.option("--limit", "limit_s", type=Duration(), default=120.0, show_default="2m", help="For everything.")
@click.option("--yes", is_flag=True, help="Do not ask before a target that is neither loopback nor private.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    url: str,
    concurrency: int,
    bursts: int,
    sweep_to: int | None,
    body_bytes: int,
    two_segments: bool,
    connection_test_only: bool,
    timeout_s: float,
    limit_s: float,
    yes: bool,
    as_json: bool,
) -> Exit:
    """Fire bursts of fresh connections at URL, and estimate the target's backlog from outside.

    First connections alone, then the bursts, then a sweep from two connections to as many as allowed. The name is
    resolved once, only that address is connected to, redirects are not followed. Works without root.

    \b
    Exit status:
      0  every connection got through at once
      1  the fault was reproduced, and has a name
      2  wrong use
      3  connections failed, and from outside it cannot be told why
    """  # noqa: D301 - click wants the backspace character itself
    if sys.platform != "linux":
        raise Why502Error("`why502 reproduce` works on Linux only", why="it reads the kernel's TCP_INFO")
    from why502.cli.signals import stop_on_signals
    from why502.reports import reproduction
    from why502.reproduce.request import Manners
    from why502.reproduce.run import Plan, Reproducer
    from why502.reproduce.target import resolve

    target = resolve(url)
    manners = Manners(timeout_s, body_bytes, two_segments, connection_test_only)
    plan = Plan(concurrency, bursts, sweep_to, limit_s, manners)
    _announce(target, concurrency * bursts, ask=not (yes or target.near))
    stop = stop_on_signals()
    click.echo("Ctrl-C ends it early", err=True)
    done = Reproducer(target, plan, stop).run()
    click.echo(reproduction.render_json(done) if as_json else reproduction.render(done), nl=as_json)
    if not done.failed:
        return Exit.NOTHING_WRONG
    return Exit.EXPLAINED if done.shows else Exit.NOT_DETERMINED


def _announce(target: Target, connections: int, *, ask: bool) -> None:
    others = f", one of {target.others + 1} addresses of that name" if target.others else ""
    click.echo(f"{connections} connections in bursts to {target.text}{others}, and a sweep", err=True)
    if not ask:
        return
    if not sys.stdin.isatty():
        why = f"{target.text} is neither loopback nor private, and nobody can be asked"
        raise Why502Error("the target was not loaded", why=why, hint="--yes says that you may")
    click.confirm(f"{target.text} is neither loopback nor private. May it be loaded?", abort=True, err=True)
