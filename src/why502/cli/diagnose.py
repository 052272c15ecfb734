"""`why502 diagnose`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from why502.cli import output
from why502.cli.exits import EXIT_STATUSES
from why502.cli.when import When
from why502.errors import Why502Error

if TYPE_CHECKING:
    from why502.model.verdict import Diagnosis
    from why502.remote import Fetch

PAGE_SUFFIXES = (".html", ".htm")
FORBIDDEN = "permission denied"
"""How the reason of what was not allowed ends (EACCES)."""


@click.command("diagnose", epilog=EXIT_STATUSES)
@click.argument("evidence", nargs=-1, type=str)
@click.option("--host", is_flag=True, help="Look at this machine as well (root sees more).")
@click.option("--target", metavar="ADDR[:PORT]", help="Only what concerns this target.")
@click.option("--since", type=When(), metavar="T", help="Only what happened from then on.")
@click.option("--until", type=When(), metavar="T", help="Only what happened up to then.")
@click.option("--changes", metavar="FILE", help="Deployments and other changes: a time and a sentence a line.")
@click.option("--prometheus", metavar="URL", help="Ask this Prometheus for the metrics of the failures' time.")
@click.option("--cloudwatch", metavar="LOAD_BALANCER", help="Ask CloudWatch for those of this load balancer.")
@click.option(
    "--engine", metavar="URL", help="Who sums up the logs: duckdb (large logs anyway), local or spark://HOST:PORT."
)
@click.option(
    "--log-format", metavar="TEXT", help="nginx's log_format of the access log (or give its nginx.conf as evidence)."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document (`why502 schema` describes it).")
@click.option("-o", "page", metavar="FILE", type=click.Path(path_type=Path), help="Write the HTML report here as well.")
@click.option("--force", is_flag=True, help="Overwrite the HTML report if it exists.")
def command(
    *,
    evidence: tuple[str, ...],
    host: bool,
    target: str | None,
    since: float | None,
    until: float | None,
    changes: str | None,
    prometheus: str | None,
    cloudwatch: str | None,
    engine: str | None,
    log_format: str | None,
    as_json: bool,
    page: Path | None,
    force: bool,
) -> int:
    """Find out why a gateway answered 502, 503 or 504.

    EVIDENCE is whatever there is: logs, captures, metrics, host snapshots, bundles, or folders of them. Each file
    is recognised by its content.

    T is 2018-08-28T20:17:23Z, '2018-08-28 20:17' (UTC), or 30m, 2h, 1d before now.

    \b
    Examples:
      why502 diagnose ./evidence/
      why502 diagnose access.log capture.pcap -o report.html
      why502 diagnose access.log --prometheus http://prometheus:9090
      why502 diagnose access.log --cloudwatch app/shop/50dc6c495c0c9188
      sudo why502 diagnose --host access.log --since 2h --target 10.0.0.7:8080
    """  # noqa: D301 - click wants the backspace character itself
    _require_something(evidence, since, until, elsewhere=host or bool(prometheus or cloudwatch))
    if page:
        _require_page(page, force=force)
    from why502.diagnosis import diagnose, exit_status

    fetches = _fetches(prometheus, cloudwatch)
    with output.progress() as progress:
        diagnosis = diagnose(
            evidence,
            host=host,
            target=target,
            since_s=since,
            until_s=until,
            changes=changes,
            engine=engine,
            log_format=log_format,
            fetches=fetches,
            progress=progress,
            meanwhile=_load_reports,
        )
    _warn(diagnosis, {*evidence, *([changes] if changes else [])})
    output.show(_report(diagnosis, as_json=as_json))
    if page:
        from why502.reports import html

        output.write(page, html.render(diagnosis), force=force)
    return exit_status(diagnosis)


def _warn(diagnosis: Diagnosis, named: set[str]) -> None:
    """On stderr: what was named one by one and could not be used, before somebody trusts an answer without it; and what
    lies in a folder and was not allowed to be read: it may well be what the next check asks for.
    """
    for line in diagnosis.document.inputs:
        if line.kind == "unrecognised" and line.first_not_understood:
            why = line.first_not_understood[0]
            if line.path in named or why.endswith(FORBIDDEN):
                output.warn(f"left out: {why}")


def _fetches(prometheus: str | None, cloudwatch: str | None) -> list[Fetch]:
    """What can be asked over the network; refuses at once what cannot be."""
    found: list[Fetch] = []
    if prometheus:
        from why502.remote.prometheus import Prometheus

        found.append(Prometheus(prometheus).fetch)
    if cloudwatch:
        from why502.remote.cloudwatch import CloudWatch

        found.append(CloudWatch(cloudwatch).fetch)
    return found


def _load_reports() -> None:
    from rich.console import Console  # noqa: F401

    from why502.reports import json, text  # noqa: F401


def _report(diagnosis: Diagnosis, *, as_json: bool) -> str:
    from why502.reports import json, text

    if as_json:
        return json.render(diagnosis)
    return text.render(diagnosis, width=output.width(), color=output.color())


def _require_something(evidence: tuple[str, ...], since: float | None, until: float | None, *, elsewhere: bool) -> None:
    if not evidence and not elsewhere:
        raise Why502Error(
            "no evidence given",
            hint="name logs, captures, metrics or a folder of them (why502 diagnose ./evidence/), or look at this "
            "machine (sudo why502 diagnose --host)",
        )
    if since is not None and until is not None and since >= until:
        raise Why502Error("nothing lies between --since and --until", why="--since is not before --until")


def _require_page(page: Path, *, force: bool) -> None:
    """Before the work begins, not after it."""
    if page.suffix.lower() not in PAGE_SUFFIXES:
        raise Why502Error("-o writes HTML", where=str(page), hint="name it report.html, or use --json > report.json")
    output.require_writable(page, force=force)
