"""`why502 trace`."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from why502.cli import output
from why502.cli.collect import Duration
from why502.errors import Why502Error

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = ("listen", "refused", "reset", "retransmit", "oom", "exit", "all")


@contextmanager
def _until_nobody_reads() -> Iterator[None]:
    """`| head` is a good end; click's own handling of it would leave with status 1, which says "found"."""
    try:
        yield
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.command("trace")
@click.argument("kind", type=click.Choice(KINDS), default="all")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--duration", "duration_s", type=Duration(), help="End by itself after this time. Default: on Ctrl-C.")
def command(kind: str, as_json: bool, duration_s: float | None) -> None:
    """Watch kernel events of the whole machine as they happen, containers included (Linux, root).

    \b
    listen      who calls listen(), with which backlog and result, and what the kernel made of it
    refused     connects that were answered with a reset: nothing listens there
    reset       connections that were cut by a reset, sent or received
    retransmit  SYN, SYN-ACK and data that were sent again
    oom         processes killed by the kernel for lack of memory
    exit        processes that ended, and the signal before it

    Where a listening socket is concerned, its backlog, queue and drops are added. Uses a private tracefs instance,
    which is removed at the end. While listen() is traced, every system call of the machine takes some 0.1 us more.
    """  # noqa: D301 - click wants the backspace character itself
    if sys.platform != "linux":
        raise Why502Error("`why502 trace` works on Linux only")
    from why502.cli.signals import stop_on_signals
    from why502.live import kinds
    from why502.live.stream import EventStream
    from why502.reports import trace

    stop = stop_on_signals()
    with EventStream(tuple(kinds.KINDS) if kind == "all" else (kind,)) as stream:
        for unseen in stream.unseen:
            output.tell(f"could not be seen: {unseen.what}: {unseen.why}")
        click.echo("tracing; Ctrl-C ends it", err=True)
        with _until_nobody_reads():
            if not as_json:
                click.echo(trace.HEAD)
            for event in stream.events(stop, duration_s):
                click.echo(trace.render_json(event) if as_json else trace.render(event))
        if stream.lost:
            click.echo(f"{stream.lost} events came faster than they could be read", err=True)
