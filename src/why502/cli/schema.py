"""`why502 schema`."""

from __future__ import annotations

import click

from why502.cli.exits import EXIT_STATUSES


@click.command("schema", epilog=EXIT_STATUSES)
def command() -> None:
    """Print the JSON Schema of `diagnose --json`."""
    from why502.reports.json import json_schema

    click.echo(json_schema())
