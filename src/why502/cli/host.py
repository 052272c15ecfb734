"""`why502 host`."""

from __future__ import annotations

import sys

import click

from why502.errors import Exit, Why502Error


@click.command("host")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option(
    "--watch-s",
    "watch_s",
    type=click.FloatRange(0.1, 3600),
    default=1.0,
    show_default=True,
    help="Seconds between the two looks.",
)
def command(as_json: bool, watch_s: float) -> Exit:
    """Audit this machine: listeners with queues, limits, drops and known issues; containers included.

    Names the server and version behind each listener without running or asking it; then connection tracking, ports,
    descriptors, processor, memory, restarts and the clock: what is wrong, at risk, fine, and what could not be seen.
    Looks twice and watches the queues in between. Works without root, and then names what it could not see.

    \b
    Exit status:
      0  nothing wrong was found
      1  something is wrong or at risk: connections are dropped, or the next burst will be
    """  # noqa: D301 - click wants the backspace character itself
    if sys.platform != "linux":
        raise Why502Error("`why502 host` works on Linux only", hint="diagnose reads bundles anywhere")
    import shutil
    import time

    from why502.facts.audit import audit
    from why502.host.record import Recorder
    from why502.known import recognise
    from why502.reports.host import render, render_json

    with Recorder() as recorder:
        time.sleep(watch_s)
    found = audit(recorder.record, recognise)
    if as_json:
        click.echo(render_json(found))
    else:
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        click.echo(render(found, width=width, color=terminal), nl=False)
    return Exit.EXPLAINED if found.alarming else Exit.NOTHING_WRONG
