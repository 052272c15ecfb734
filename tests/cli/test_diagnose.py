from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import jsonschema
import pytest

from tests.cli.running import why502
from why502.reports.json import json_schema

if TYPE_CHECKING:
    from pathlib import Path

FAILED = (
    "http 2018-08-28T20:17:23.366947Z app/web/50dc6c495c0c9188 203.0.113.9:52011 10.0.0.7:8080 0.001 0.012 -1 502 - 87 "
    '610 "GET http://example.com:80/ HTTP/1.1" "curl/7.61" - - '
    "arn:aws:elasticloadbalancing:us-west-2:123456789012:targetgroup/web/73e2d6bc24d8a067 "
    '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2018-08-28T20:17:23.353000Z "forward" "-" "-" '
    '"10.0.0.7:8080" "-" "-" "-" TID_1\n'
)
ANSWERED = FAILED.replace(" -1 502 - ", " 0.000 200 200 ")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(FAILED)
    return path


def test_a_log_with_a_failure_gives_a_report(log: Path) -> None:
    """Failures found: exit status 1 or 3, the answer on stdout, nothing on stderr."""
    done = why502("diagnose", str(log))
    assert done.returncode in {1, 3}
    assert "1 in 1 request" in done.stdout
    assert done.stderr == ""


def test_a_log_without_failures_has_exit_status_0(tmp_path: Path) -> None:
    """Nothing wrong: says so, and what was looked at."""
    path = tmp_path / "access.log"
    path.write_text(ANSWERED)
    done = why502("diagnose", str(path))
    assert done.returncode == 0
    assert done.stdout.startswith("Nothing wrong was found")
    assert "alb-access-log" in done.stdout


def test_json_is_one_valid_document(log: Path) -> None:
    """`--json` prints the published document and nothing else."""
    done = why502("diagnose", "--json", str(log))
    document = json.loads(done.stdout)
    jsonschema.validate(document, json.loads(json_schema()))
    assert document["failures"]["by_status"] == {"502": 1}


def test_the_page_is_written_once(log: Path, tmp_path: Path) -> None:
    """-o writes HTML; a second time it refuses, and --force overwrites."""
    page = tmp_path / "report.html"
    assert why502("diagnose", str(log), "-o", str(page)).returncode in {1, 3}
    assert page.read_text().startswith("<!doctype html>")
    page.write_text("mine")
    refused = why502("diagnose", str(log), "-o", str(page))
    assert (refused.returncode, refused.stdout, page.read_text()) == (2, "", "mine")
    assert "--force" in refused.stderr
    assert why502("diagnose", str(log), "-o", str(page), "--force").returncode in {1, 3}
    assert page.read_text() != "mine"


def test_since_cuts_off_what_was_before(log: Path) -> None:
    """A window after the only failure leaves nothing wrong."""
    log.write_text(FAILED + ANSWERED.replace("T20:17:", "T21:17:"))
    assert why502("diagnose", str(log), "--since", "2018-08-28 21:00").returncode == 0
    assert why502("diagnose", str(log), "--until", "2018-08-28 21:00").returncode in {1, 3}


def test_a_window_of_another_time_than_the_evidence_is_no_all_clear(log: Path) -> None:
    """A zone that was mistaken, most of all."""
    done = why502("diagnose", str(log), "--since", "2018-08-29 21:00")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the evidence is of 2018-08-28T20:17:23" in done.stderr


@pytest.mark.parametrize("more", [[], ["--target", "10.50.2.2:8080"]])
def test_a_look_at_the_host_is_no_all_clear_for_another_time(more: list[str]) -> None:
    """Its counters were read on the day before: they tell nothing of the time asked for."""
    done = why502("diagnose", "examples/the-article", "--since", "2026-11-23 20:00", *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert "the evidence is of 2026-11-22T20:" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "no evidence given"),
        (["x", "-o", "report.pdf"], "-o writes HTML"),
        (["x", "-o", "no/such/folder/report.html"], "folder does not exist"),
        (["x", "--since", "yesterday"], "is no time"),
        (["x", "--since", "1h", "--until", "2h"], "--since is not before --until"),
        (["no/such/file"], "no/such/file"),
        (["x", "--nonsense"], "--nonsense"),
        ([__file__], 'begins with "from __future__ import annotations"'),
    ],
)
def test_wrong_use_is_one_sentence(arguments: list[str], sentence: str) -> None:
    """Wrong use: exit status 2, what is wrong on stderr, never a traceback."""
    done = why502("diagnose", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_terminal_that_is_not_utf8_gets_a_report(log: Path) -> None:
    """Where the encoding has no block characters, they are spelled out."""
    done = why502("diagnose", str(log), PYTHONIOENCODING="ascii")
    assert done.returncode in {1, 3}
    assert "Traceback" not in done.stderr


def test_what_was_named_and_cannot_be_used_is_said_at_once(log: Path, tmp_path: Path) -> None:
    """A misspelt list of changes must not pass for one in which nothing happened."""
    done = why502("diagnose", str(log), "--changes", str(tmp_path / "deplyos.csv"))
    assert done.returncode in {1, 3}
    assert done.stderr.strip().endswith("deplyos.csv: no such file or directory")
    assert len(done.stderr.splitlines()) == 1


def test_a_capture_without_a_packet_is_no_all_clear(tmp_path: Path) -> None:
    """It was cut in its header: nothing was looked at."""
    cut = tmp_path / "capture.pcap"
    cut.write_bytes(bytes.fromhex("d4c3b2a1 0200 0400 0000"))
    done = why502("diagnose", str(cut))
    assert (done.returncode, done.stdout) == (2, "")
    assert "ends in the middle of its header" in done.stderr


def test_an_unknown_engine_starts_nothing(log: Path) -> None:
    """No Java is asked for an address that is none of Spark's."""
    done = why502("diagnose", str(log), "--engine", "bogus://here")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("why502: no such engine: bogus://here")


def test_the_next_check_keeps_what_was_given(log: Path) -> None:
    """Its command can be pasted: a diagnosis of the new evidence alone would know less than this one."""
    steps = json.loads(why502("diagnose", str(log), "--json").stdout)["next_steps"]
    changes = next(step["command"] for step in steps if "--changes" in step["command"])
    assert changes == f"why502 diagnose {shlex.quote(str(log))} --changes deployments.csv"
