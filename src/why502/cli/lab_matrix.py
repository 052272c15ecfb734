"""`why502 lab matrix`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from why502.cli import output
from why502.errors import Exit

MAX_SEEDS = 1000
BUNDLES = "bundles"


class Seeds(click.ParamType[tuple[int, ...]]):
    """'3', '1-4' or '1,5-7'."""

    name = "a-b"

    def convert(
        self, value: str | tuple[int, ...], param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if not isinstance(value, str):
            return value
        if not re.fullmatch(r"\d{1,9}(-\d{1,9})?(,\d{1,9}(-\d{1,9})?)*", value):
            self.fail("seeds are written 3, 1-4 or 1,5-7", param, ctx)
        spans = [[int(end) for end in span.split("-")] for span in value.split(",")]
        if sum(span[-1] - span[0] + 1 for span in spans) > MAX_SEEDS or any(span[-1] < span[0] for span in spans):
            self.fail(f"seeds must ascend, {MAX_SEEDS} at most", param, ctx)
        return tuple(sorted({seed for span in spans for seed in range(span[0], span[-1] + 1)}))


def _names(_context: click.Context, _parameter: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(name for name in value.split(",") if name)


@click.command("matrix")
@click.option("--seeds", type=Seeds(), default="1", show_default=True, help="Each gives other loads and other ways.")
@click.option("--faults", callback=_names, default="", metavar="A,B", help="Only these.")
@click.option("--proxies", callback=_names, default="", metavar="A,B", help="Only these.")
@click.option("--quick", is_flag=True, help="Each fault on one proxy only, without real servers: a few minutes.")
@click.option("--jobs", type=click.IntRange(1, 64), help="Runs side by side [default: three for each core].")
@click.option("-o", "folder", metavar="DIR", type=click.Path(path_type=Path),
              help="Write matrix.json and accuracy.md, and keep all bundles.")  # fmt: skip
@click.option("--again", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Run nothing: judge the bundles that -o DIR kept, with the judges of today.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def run_the_matrix(
    *,
    seeds: tuple[int, ...],
    faults: tuple[str, ...],
    proxies: tuple[str, ...],
    quick: bool,
    jobs: int | None,
    folder: Path | None,
    again: Path | None,
    as_json: bool,
) -> int:
    """Run every fault and its healthy twin, and judge each on every subset of its evidence.

    \b
    Exit status:
      0  all was run, and no healthy twin got a verdict
      2  wrong use (no root, no Linux, no such fault)
      3  a healthy twin got a verdict
      4  a run broke off, or a judge crashed
    """  # noqa: D301 - click wants the backspace character itself
    import msgspec

    from why502.lab.matrix.page import page
    from why502.lab.matrix.pictures import pictures
    from why502.lab.matrix.running import SIDE_BY_SIDE, Wishes, judge_again, run_matrix
    from why502.lab.matrix.scores import scores

    _check(folder)
    wishes = Wishes(seeds, faults, proxies, quick, jobs or SIDE_BY_SIDE)
    if again:
        matrix = judge_again(again / BUNDLES, wishes.side_by_side, _progress)
    else:
        matrix = run_matrix(wishes, folder / BUNDLES if folder else None, _progress)
    document = msgspec.json.format(msgspec.json.encode({"matrix": matrix, "scores": scores(matrix)})).decode()
    output.show(document if as_json else page(matrix))  # before anything is written: there may be no room
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
        written = {"matrix.json": document + "\n", "accuracy.md": page(matrix), **pictures(matrix)}
        for name, text in written.items():
            (folder / name).write_text(text)
    found = scores(matrix)
    if found.broken:
        return Exit.DEFECT
    return Exit.NOT_DETERMINED if found.false_verdicts else Exit.NOTHING_WRONG


def _progress(text: str) -> None:
    click.echo(text, err=True)


def _check(folder: Path | None) -> None:
    """Refused before minutes of running, not after them."""
    from why502.lab.recording import prepare

    if folder:
        prepare(folder, "the matrix")
