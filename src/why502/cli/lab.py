"""`why502 lab`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from why502.cli import output
from why502.cli.lab_matrix import run_the_matrix
from why502.errors import Exit, Why502Error

if TYPE_CHECKING:
    from why502.lab.trial import Trial


@click.group("lab")
def command() -> None:
    """Make a fault with real proxies and real servers, and see whether it is found (Linux, root)."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def list_scenarios(*, as_json: bool) -> None:
    """List the scenarios: what is broken and how, with which proxies and real servers, and what cannot be run here."""
    from why502.lab.scenarios import scenarios
    from why502.lab.trial import scenario_text, scenarios_json

    if as_json:
        output.show(scenarios_json(scenarios()))
        return
    for scenario in scenarios():
        output.show(scenario_text(scenario))


@command.command("run")
@click.argument("scenario")
@click.option(
    "--proxy",
    default="all",
    show_default=True,
    metavar="A,B",
    help="nginx, alb, haproxy..., or all that can show the fault.",
)
@click.option("--server", metavar="NAME", help="A real server for the target: node, go, gunicorn, uvicorn, jetty.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="The same seed gives the same load and the same pauses.",
)
@click.option("--time-scale", type=click.FloatRange(0.05, 10), metavar="X",
              help="Multiplies the proxy's timeouts and the metrics' period [default: the scenario's].")  # fmt: skip
@click.option("--duration", type=click.FloatRange(5, 3600), metavar="S",
              help="Seconds of load, about; the twin's again [default: the scenario's].")  # fmt: skip
@click.option("-o", "folder", metavar="DIR", type=click.Path(path_type=Path),
              help="Keep the bundles: DIR and DIR-healthy (DIR/PROXY... with several proxies).")  # fmt: skip
@click.option("--no-twin", is_flag=True, help="Only the fault.")
@click.option("--healthy-only", is_flag=True, help="Only the healthy twin.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def run_scenario(
    *,
    scenario: str,
    proxy: str,
    server: str | None,
    seed: int,
    time_scale: float | None,
    duration: float | None,
    folder: Path | None,
    no_twin: bool,
    healthy_only: bool,
    as_json: bool,
) -> int:
    """Run SCENARIO and its healthy twin, and diagnose what they left.

    Everything happens in network namespaces of its own, which are removed again by any end.

    \b
    Exit status:
      0  the fault was named, and its healthy twin got no verdict
      2  wrong use (no root, no Linux, no such scenario, proxy not installed)
      3  otherwise
      4  a defect of why502
    """  # noqa: D301 - click wants the backspace character itself
    from why502.lab.run import Options
    from why502.lab.trial import Kinds, trials, trials_json

    if no_twin and healthy_only:
        raise Why502Error("nothing is left to run", why="--no-twin and --healthy-only exclude each other")
    options = Options(seed=seed, time_scale=time_scale, duration_s=duration)
    kinds = Kinds(faulty=not healthy_only, healthy=not no_twin)
    done = []
    for trial in trials(scenario, proxy, options, folder, kinds, progress=_progress, server=server):
        done.append(trial)
        if not as_json:
            _show(trial)
    if as_json:
        output.show(trials_json(done))
    return Exit.NOTHING_WRONG if all(trial.passed for trial in done) else Exit.NOT_DETERMINED


def _progress(text: str) -> None:
    click.echo(text, err=True)


def _show(trial: Trial) -> None:
    from why502.reports import text

    output.show(text.render(trial.diagnosis, width=output.width(), color=output.color()))
    output.show(trial.sentence + "\n")


command.add_command(run_the_matrix)
