"""The compiled loop, and the plans that it walks."""

from __future__ import annotations

import io

import pytest

from tests.engine.logs import LINES, MODERN_SYSLOG, MORE_SYSLOG, SYSLOG, alb, haproxy, haproxy_tcp, nginx
from why502.engine.blocks import blocks
from why502.engine.cutting import Cut, Desk, Program
from why502.engine.cutting import cut as cut_block
from why502.engine.plans import plan_for
from why502.formats import all_formats
from why502.formats.columns import MAX_NAMES, UNSURE

FORMATS = {log_format.kind: log_format for log_format in all_formats()}

ORDINARY = {
    "alb-access-log": [alb(), alb(times="0.001 0.012 -1", statuses="502 -"), alb(times="-1 -1 -1", statuses="504 -")],
    "nginx-access-log": [nginx(), nginx(client="192.0.2.10"), nginx(request="POST / HTTP/1.1")],
    "haproxy-log": [haproxy(), haproxy(times="0/0/1/-1/7", fate="502 209 - - SH--"), haproxy(group="shop/<NOSRV>")],
}


def cut(kind: str, lines: list[str]) -> tuple[Cut, int]:
    """One block, and how many of its lines no parser has to see."""
    plan = plan_for(FORMATS[kind], lines)
    assert plan is not None
    (block,) = blocks(io.BytesIO("\n".join(lines).encode()))
    piece = cut_block(Program.of(plan.steps), block, Desk())
    sure = piece.columns(piece.sure.nonzero()[0])
    return piece, int((plan.shape(sure) != UNSURE).sum())


@pytest.mark.parametrize("kind", ORDINARY)
def test_ordinary_lines_need_no_parser(kind: str) -> None:
    """Whether they tell of a failure or not."""
    lines = ORDINARY[kind] * 3
    piece, certain = cut(kind, lines)
    assert certain == len(lines)
    assert [piece.raw_line(index).decode() for index in range(len(lines))] == lines


@pytest.mark.parametrize(
    "around",
    [SYSLOG, f"<134>{SYSLOG}", SYSLOG.replace("22 ", " 2 "), MODERN_SYSLOG, MODERN_SYSLOG.replace("+00:00", "Z")],
)
@pytest.mark.parametrize("more", ["", " {shop.example}", " {shop.example|} {}"])
def test_haproxy_behind_syslog_needs_no_parser(around: str, more: str) -> None:
    """As loggers write it, with and without captured headers."""
    _, certain = cut("haproxy-log", [haproxy(around=around, more=more)] * 5)
    assert certain == 5


@pytest.mark.parametrize("around", ["", SYSLOG, *MORE_SYSLOG])
def test_haproxy_retries_and_tcp_need_no_parser(around: str) -> None:
    """However often a server was tried again, and behind whatever loggers write."""
    http = [haproxy(around=around), haproxy(around=around, retries="3"), haproxy(around=around, retries="+3")]
    tcp = [haproxy_tcp(around=around), haproxy_tcp(around=around, retries="2"), haproxy_tcp(around=around, state="SD")]
    assert cut("haproxy-log", http * 2)[1] == cut("haproxy-log", tcp * 2)[1] == 6


def test_the_more_frequent_kind_of_session_has_the_plan() -> None:
    """One line of TCP at the end of a file does not send all others to the parser."""
    assert cut("haproxy-log", [haproxy(), haproxy(), haproxy_tcp()])[1] == 2
    assert cut("haproxy-log", [haproxy(), haproxy_tcp(), haproxy_tcp()])[1] == 2


@pytest.mark.parametrize("kind", LINES)
def test_lines_of_any_length_and_place_are_cut_alike(kind: str) -> None:
    """Values are found in steps of many bytes: wherever these begin, and however far the end of a line is."""
    line = ORDINARY[kind][0]
    expected = cut(kind, [line])[0].numbers
    for length in range(70):
        piece, certain = cut(kind, ["x" * length, line, line + " " + "y" * length, line])
        assert certain >= 1
        assert {name: numbers[1] for name, numbers in piece.numbers.items()} == {
            name: numbers[0] for name, numbers in expected.items()
        }


def test_names_are_told_apart_by_every_byte() -> None:
    """Names of any length that differ anywhere have different codes, equal ones the same."""
    targets = [f"{'a' * size}{end}:80" for size in range(1, 40) for end in "bc"]
    targets += [f"b{'a' * size}:80" for size in range(1, 40)]
    piece, certain = cut("alb-access-log", [alb(target=target) for target in (*targets, *targets)])
    assert certain == 2 * len(targets)
    told = [piece.names[code] for code in piece.numbers["target"].tolist()]
    assert told == [*targets, *targets]


def test_more_names_than_fit_go_to_the_parser() -> None:
    """The first thousands have codes; the others are for the parser, none is lost."""
    lines = [alb(target=f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}:80") for n in range(MAX_NAMES + 2000)]
    piece, certain = cut("alb-access-log", lines)
    assert piece.sure.size == MAX_NAMES + 2000
    assert MAX_NAMES - 100 < certain < MAX_NAMES + 2000


def test_dates_are_read_anew_where_they_change() -> None:
    """The bytes of the line before are compared whole."""
    days = ["2026-11-22T10:00:00", "2026-11-22T10:00:01", "2026-11-23T10:00:01", "2027-11-23T10:00:01"] * 2
    lines = [alb(1795341600.0, 0.0).replace("2026-11-22T10:00:00", day) for day in days]
    piece, _ = cut("alb-access-log", lines)
    ends = (piece.numbers["end"] // 1_000_000).tolist()
    assert ends[:4] == ends[4:]
    assert [end - ends[0] for end in ends[:4]] == [0, 1, 86401, 86401 + 365 * 86400]
