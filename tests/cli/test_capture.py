from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import why502
from tests.facts.test_one_sided import halves
from tests.sources.captures.detail.making import RECORDED
from tests.sources.captures.making import RECORDED as OUTCOMES
from tests.sources.captures.making import pcap
from tests.sources.captures.test_statuses import talked

if TYPE_CHECKING:
    from pathlib import Path


def path(name: str) -> str:
    return str(RECORDED / f"{name}.pcap")


def test_the_table_of_outcomes_and_the_failed_conversations() -> None:
    """Per target what became of its conversations; each failed one with its reason and packet."""
    run = why502("capture", path("truncated"), path("whole"))
    lines = run.stdout.splitlines()
    assert run.returncode == 1
    assert any(line.endswith("truncated 1") for line in lines)
    assert any(line.endswith("answered 1") for line in lines)
    (failed,) = (line for line in lines if line.startswith("1  "))
    assert "GET /api/users HTTP/1.1; the body ended after 12 of 100 bytes" in failed
    assert failed.endswith("#8")
    assert "response-truncated" in lines[-1]


def test_the_table_explains_its_words() -> None:
    """For those who read them for the first time, at night."""
    run = why502("capture", path("truncated"), path("whole"))
    assert "truncated: the target closed before its answer was as long as announced" in run.stdout
    assert "answered: " not in run.stdout


def test_a_race_took_no_negative_time() -> None:
    """The FIN that crosses a request is older than it; what ended the request is the reset."""
    run = why502("capture", str(OUTCOMES / "keepalive_race.pcap"))
    (failed,) = (line for line in run.stdout.splitlines() if line.startswith("1  "))
    assert " 0.0274 ms " in failed


def test_an_icmp_error_is_told_once_with_its_time() -> None:
    """It answers the SYN, and is the reason."""
    run = why502("capture", path("unreachable"))
    (failed,) = (line for line in run.stdout.splitlines() if line.startswith("1  "))
    assert failed.count("host unreachable") == 1
    assert " 0 ms " not in failed


def test_what_the_target_itself_answered_is_told(tmp_path: Path) -> None:
    """A 503 that was passed on is no failed conversation; it is named with its packet all the same."""
    made = tmp_path / "made.pcap"
    made.write_bytes(pcap(talked(200, 503).packets))
    assert "10.0.0.7:8080 itself answered 1 x 200, 1 x 503 (first 5xx: " in why502("capture", str(made)).stdout
    (target,) = json.loads(why502("capture", str(made), "--json").stdout)["targets"]
    assert target["statuses"] == {"200": 1, "503": 1}
    assert [(e["at"]["number"], e["opener"], e["status"]) for e in target["errors"]] == [(7, "10.0.0.5:40000", 503)]


def test_a_capture_of_one_direction_says_so(tmp_path: Path) -> None:
    """Else its many partial conversations are a riddle."""
    made = tmp_path / "made.pcap"
    made.write_bytes(halves(from_proxy=True))
    told = "only one direction: no packet from 10.9.8.2 was captured, only those to it"
    assert told in why502("capture", str(made)).stdout
    assert json.loads(why502("capture", str(made), "--json").stdout)["one_sided"] == {"10.9.8.2": "target"}


def test_nothing_failed() -> None:
    """Exit status 0, and no list."""
    run = why502("capture", path("whole"))
    assert run.returncode == 0
    assert "Failed" not in run.stdout


@pytest.mark.parametrize("number", ["1", "9"])
def test_a_ladder_by_its_number_or_by_a_packet(number: str) -> None:
    """The first of the list; or the conversation that has packet 9."""
    run = why502("capture", path("truncated"), "--ladder", number)
    assert "GET /api/users HTTP/1.1" in run.stdout
    assert "PSH, ACK" in run.stdout
    assert len(run.stdout.splitlines()) >= 12


def test_a_conversation_that_did_not_fail_can_be_drawn() -> None:
    """Packet 15 belongs to the second conversation that was served."""
    run = why502("capture", path("both_never_arrived"), "--ladder", "15")
    assert "answered" in run.stdout.splitlines()[0]
    assert "        13 " in run.stdout


def test_a_number_that_is_nothing_is_wrong_use() -> None:
    """Neither in the list nor a packet; it says so."""
    run = why502("capture", path("truncated"), "--ladder", "4711")
    assert run.returncode == 2
    assert "no such conversation: 4711" in run.stderr
    assert "there is 1 failed conversation, and no packet 4711" in run.stderr


def test_the_display_filter_stands_alone() -> None:
    """Fit for `wireshark -Y "$(...)"`."""
    run = why502("capture", path("truncated"), "--export-filter")
    assert len(run.stdout.splitlines()) == 1
    assert run.stdout.startswith("(ip.addr == 10.9.1.1 && tcp.port == ")


def test_json_has_everything() -> None:
    """One document, with the ladder if one was asked for."""
    run = why502("capture", path("both_never_arrived"), path("both_never_arrived_at_target"), "--json", "--ladder", "1")
    document = json.loads(run.stdout)
    assert document["schema"] == "why502-capture/1"
    assert document["conversations"] == 3
    (failed,) = document["failed"]
    assert (failed["number"], failed["outcome"], failed["far_side"]["syns_lost"]) == (1, "syn-unanswered", 2)
    assert [packet["arrived"] for packet in document["ladder"]["packets"]] == [False, False]
    assert document["pairings"][0]["target_clock_ahead_s"] == pytest.approx(2.0, abs=0.01)


def test_both_captures_are_named_with_their_clocks() -> None:
    """Which is which, and how far the clocks are apart."""
    run = why502("capture", path("both_never_arrived_at_target"), path("both_never_arrived"))
    assert "both_never_arrived.pcap (proxy)" in run.stdout
    assert "ahead of the proxy's" in run.stdout
    assert "2 SYNs never arrived" in run.stdout


def test_a_log_is_no_capture() -> None:
    """Said in one sentence."""
    run = why502("capture", __file__)
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1


def test_a_capture_that_was_cut_off_is_said_to_be(tmp_path: Path) -> None:
    """What became of its last conversations is in what is missing."""
    cut = tmp_path / "cut.pcap"
    cut.write_bytes((RECORDED / "whole.pcap").read_bytes()[:-7])
    run = why502("capture", str(cut))
    assert run.stdout.startswith("TARGET")
    assert f"not understood: {cut}#" in run.stderr
    assert "the file ends in the middle of a packet" in run.stderr


def test_what_is_no_capture_is_called_what_it_is(tmp_path: Path) -> None:
    """Rather than that it holds no conversation."""
    log = tmp_path / "access.log"
    log.write_text(
        '203.0.113.9 - - [28/Aug/2018:20:17:23 +0000] "GET / HTTP/1.1" 502 157 "-" "curl/7.61" rt=0.001 '
        'ua="10.0.0.7:8080" us="502" ut="0.001"\n'
    )
    run = why502("capture", str(tmp_path))
    assert run.returncode == 2
    assert "what was read is nginx-access-log" in run.stderr
