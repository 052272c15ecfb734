"""`why502 fix`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from why502.errors import Exit, Why502Error

if TYPE_CHECKING:
    from why502.model.fixing import BacklogPlan
    from why502.remedies.change import Proof
    from why502.remedies.selection import Wanted

MOST = 1 << 16
"""Kernels before 4.1 keep a backlog in 16 bits."""


@click.group("fix")
def command() -> None:
    """Change a running service where no restart is needed: shown first, verified, can be undone (Linux)."""


@command.command("backlog")
@click.option("--port", type=click.IntRange(1, 65535), help="The listener on this port.")
@click.option("--pid", type=click.IntRange(1), help="The listener of this process.")
@click.option("--address", metavar="ADDR:PORT", help="The listener at this address, as `why502 host` shows it.")
@click.option("--socket", type=click.IntRange(1), metavar="INODE", help="The listener with this socket inode.")
@click.option("--to", "to", type=click.IntRange(1, MOST - 1), metavar="N", help="The new backlog.")
@click.option("--undo", is_flag=True, help="Take the last change back (of this listener, if one is named).")
@click.option("--prove", is_flag=True, help="Fire a burst of requests before and after, and watch the queue.")
@click.option("--concurrency", type=click.IntRange(2, 256), default=5, show_default=True, help="Size of that burst.")
@click.option("--path", default="/", show_default=True, help="What that burst asks for.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; needs --yes.")
def backlog(
    *,
    port: int | None,
    pid: int | None,
    address: str | None,
    socket: int | None,
    to: int | None,
    undo: bool,
    prove: bool,
    concurrency: int,
    path: str,
    yes: bool,
    as_json: bool,
) -> Exit:
    """Raise the backlog of a running listener without a restart, by listen() on a duplicate of its socket.

    All of --port, --pid, --address and --socket that are given must fit, and fit one listener. The change lasts
    until the service restarts; the permanent one is printed. Every change is written to a journal, with its undo.

    \b
    Exit status:
      0  done, and verified
      2  refused, with the reason; nothing was changed
      3  changed, but the kernel shows another value than expected
    """  # noqa: D301 - click wants the backspace character itself
    if sys.platform != "linux":
        raise Why502Error("`why502 fix` works on Linux only")
    if as_json and not yes:
        raise click.UsageError("--json needs --yes: it prints one document and asks nothing")
    from why502.remedies.change import Proof
    from why502.remedies.selection import Wanted

    wanted = Wanted(port, pid, address, socket)
    if undo:
        if to is not None or prove:
            raise click.UsageError("--undo puts the old value back: it takes neither --to nor --prove")
        return _undo(wanted, yes=yes, as_json=as_json)
    if to is None or wanted == Wanted():
        raise click.UsageError("say which listener (--port, --pid, --address or --socket) and --to N")
    return _raise(wanted, to, Proof(concurrency, path) if prove else None, yes=yes, as_json=as_json)


def _raise(wanted: Wanted, to: int, proof: Proof | None, *, yes: bool, as_json: bool) -> Exit:
    from why502.remedies import backlog
    from why502.remedies.change import change
    from why502.remedies.journal import Journal
    from why502.reports import fixing

    plan = backlog.plan(wanted, to)
    _confirm(plan, f" and send 2 x {proof.size} requests for {proof.path}" if proof else "", yes=yes, as_json=as_json)
    done = change(plan, Journal(), proof)
    click.echo(fixing.render_json(done) if as_json else fixing.render_change(done), nl=as_json)
    return Exit.NOTHING_WRONG if done.verified else Exit.NOT_DETERMINED


def _undo(wanted: Wanted, *, yes: bool, as_json: bool) -> Exit:
    from why502.remedies import backlog, change
    from why502.remedies.journal import Journal
    from why502.reports import fixing

    journal = Journal()
    plan, entry = backlog.plan_undo(wanted, journal)
    _confirm(plan, "", yes=yes, as_json=as_json)
    undone = change.undo(plan, entry, journal)
    click.echo(fixing.render_json(undone) if as_json else fixing.render_undone(undone), nl=as_json)
    return Exit.NOTHING_WRONG if undone.verified else Exit.NOT_DETERMINED


def _confirm(plan: BacklogPlan, more: str, *, yes: bool, as_json: bool) -> None:
    from why502.reports import fixing

    if not as_json:
        click.echo(fixing.render_plan(plan), nl=False)
    if yes:
        return
    if not sys.stdin.isatty():
        raise Why502Error("nothing was changed", why="nobody can be asked", hint="--yes says that you want it")
    click.confirm(f"Change it{more}?", abort=True)
