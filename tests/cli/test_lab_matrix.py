from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import msgspec
import pytest

from tests.cli.running import why502
from why502.cli.lab_matrix import BUNDLES, MAX_SEEDS, Seeds
from why502.lab.matrix.results import Job, Run
from why502.lab.matrix.running import NOTE

if TYPE_CHECKING:
    from pathlib import Path

SERVED = (
    '10.0.0.1 - - [22/Nov/2026:21:24:25 +0000] "GET / HTTP/1.1" 200 97 "-" "-" rt=0.001 ua="10.50.2.2:8080" us="200"'
    ' uct="0.000" uht="0.001" urt="0.001"\n'
)
REFUSED = SERVED.replace(" 200 ", " 502 ").replace('us="200" uct="0.000" uht="0.001"', 'us="502" uct="-" uht="-"')


@pytest.mark.parametrize(
    ("written", "seeds"), [("3", (3,)), ("1-4", (1, 2, 3, 4)), ("1,5-7", (1, 5, 6, 7)), ("2-3,1-2", (1, 2, 3))]
)
def test_seeds_are_numbers_and_spans(written: str, seeds: tuple[int, ...]) -> None:
    """Each once, in their order."""
    assert Seeds().convert(written, None, None) == seeds


@pytest.mark.parametrize("written", ["", "one", "4-1", "1-", f"1-{MAX_SEEDS + 1}", "1,,2"])
def test_other_seeds_are_refused(written: str) -> None:
    """As wrong use."""
    with pytest.raises(click.UsageError):
        Seeds().convert(written, None, None)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--faults", "coffee"), "no such scenario: coffee"),
        (("--proxies", "squid"), "no such proxy: squid"),
        (("--seeds", "4-1"), "seeds must ascend"),
        (("--seeds", "1-99999"), "seeds must ascend, 1000 at most"),
        (("--seeds", "one"), "seeds are written 3, 1-4 or 1,5-7"),
        (("-o", "."), "will not write the matrix"),
        (("-o", "/proc/none"), "cannot write the matrix: /proc/none: No such file or directory"),
    ],
)
def test_wrong_use_of_the_matrix_is_one_sentence(arguments: tuple[str, ...], sentence: str) -> None:
    """And status 2, before anything runs."""
    ended = why502("lab", "matrix", *arguments)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def _keep(folder: Path, log: str, *, healthy: bool) -> None:
    """A bundle as a former matrix left it."""
    job = Job("connection-refused", "nginx", 3, healthy)
    (folder / BUNDLES / job.label).mkdir(parents=True)
    (folder / BUNDLES / job.label / "access.log").write_text(log)
    (folder / BUNDLES / (job.label + NOTE)).write_bytes(msgspec.json.encode(Run(job, requests=4)))


def test_bundles_are_judged_again_and_the_figures_written(tmp_path: Path) -> None:
    """The document, the page and its pictures; a twin without a verdict is status 0."""
    kept, out = tmp_path / "kept", tmp_path / "out"
    _keep(kept, REFUSED * 4, healthy=False)
    _keep(kept, SERVED * 4, healthy=True)
    ended = why502("lab", "matrix", "--again", str(kept), "-o", str(out), "--json")
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    assert {run["job"]["healthy"] for run in document["matrix"]["runs"]} == {False, True}
    assert document["scores"]["twins"] == 1
    assert document == json.loads((out / "matrix.json").read_text())
    assert (out / "accuracy.md").read_text().startswith("# Accuracy")
    assert len(list(out.glob("*.svg"))) == 2


def test_a_verdict_on_a_twin_is_status_3(tmp_path: Path) -> None:
    """It is told with its run, its evidence and what was named."""
    _keep(tmp_path, SERVED.replace(" 200 ", " 500 ").replace('us="200"', 'us="500"') * 4, healthy=True)
    ended = why502("lab", "matrix", "--again", str(tmp_path))
    assert ended.returncode == 3, ended.stderr
    assert "connection-refused-nginx-3-healthy, access log: target-answered-5xx" in ended.stdout


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    """With what was meant."""
    (tmp_path / BUNDLES).mkdir()
    ended = why502("lab", "matrix", "--again", str(tmp_path))
    assert ended.returncode == 2
    assert "no runs of a matrix" in ended.stderr
