"""`why502 schema`."""

from __future__ import annotations

import click


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of `diagnose --json`."""
    from why502.reports.json import json_schema

    click.echo(json_schema())
