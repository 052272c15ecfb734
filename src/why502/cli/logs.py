"""`why502 logs`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from why502.cli import output
from why502.cli.exits import EXIT_STATUSES
from why502.cli.when import When
from why502.errors import Why502Error

if TYPE_CHECKING:
    from why502.model.case import Case


@click.command("logs", epilog=EXIT_STATUSES)
@click.argument("files", nargs=-1, type=str, required=True)
@click.option("--target", metavar="ADDR[:PORT]", help="Only what concerns this target.")
@click.option("--since", type=When(), metavar="T", help="Only what happened from then on.")
@click.option("--until", type=When(), metavar="T", help="Only what happened up to then.")
@click.option("--changes", metavar="FILE", help="Deployments and other changes: CSV, JSON or the output of git log.")
@click.option("--engine", metavar="URL", help="Who sums up the logs: duckdb, local or spark://HOST:PORT.")
@click.option("--log-format", metavar="TEXT", help="nginx's log_format of the access log.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    *,
    files: tuple[str, ...],
    target: str | None,
    since: float | None,
    until: float | None,
    changes: str | None,
    engine: str | None,
    log_format: str | None,
    as_json: bool,
) -> int:
    """Show what access and error logs alone tell.

    FILES are logs of any proxy, compressed or not, or folders, bundles and buckets of them. Failures by status, side,
    phase, target, client and path, and over time; when failing began and ended; what it keeps to; timeouts, idle
    gaps and slow connects; and whether it goes along with changes. With configurations beside them, of the proxy
    (nginx.conf or what `nginx -T` prints, haproxy.cfg, the attributes of an ALB...) and of the targets
    (gunicorn.conf.py, server.xml, kubectl get pods -o json, docker inspect...), durations and silences are held against
    what these set.

    \b
    Examples:
      why502 logs access.log error.log
      why502 logs /var/log/nginx/ /etc/nginx/nginx.conf --changes <(git log --format='%cI %s')
      why502 logs access.log.gz --since 2h --json
    """  # noqa: D301 - click wants the backspace character itself
    from why502.diagnosis import exit_status, read
    from why502.facts.logs import summarise_logs
    from why502.ranking import judge_case

    with output.progress() as progress:
        case = read(files, target=target, since_s=since, until_s=until, changes=changes, engine=engine,
                    log_format=log_format, progress=progress)  # fmt: skip
        summary = summarise_logs(case)
        if summary is None:
            raise _no_logs(files, case)
        diagnosis = judge_case(case, time.time())
    if as_json:
        from why502.reports import logs_json

        output.show(logs_json.render(summary, diagnosis))
    else:
        from why502.reports import logs

        output.show(logs.render(summary, diagnosis, width=output.width(), color=output.color()))
    return exit_status(diagnosis)


def _no_logs(files: tuple[str, ...], case: Case) -> Why502Error:
    from why502.facts.health import unhealthy

    kinds = ", ".join(sorted({i.kind for i in case.inputs}))
    told = unhealthy(case)
    also = f", with {len(told)} messages of targets that were down but no request" if told else ""
    return Why502Error(
        "no log of requests",
        where=", ".join(files[:3]),
        why=f"what was read is {kinds}{also}",
        hint="name access or error logs" + ("; why502 diagnose shows what the messages say" if told else ""),
    )
