from __future__ import annotations

import unicodedata

import msgspec
import pytest

from tests.reports import example
from tests.reports.approval import approved
from tests.reports.hostile import HOSTILE
from tests.reports.test_html import LOADING, Page, without_picture
from tests.sources.captures.detail.making import recorded
from why502.diagnosis import diagnose
from why502.facts.ladders import ladder
from why502.model.details import End, Packet
from why502.model.verdict import Ladder
from why502.reports import html
from why502.reports.ladder import MOST_RUNGS, caption, rungs, text

PACKETS = (
    Packet(1040, 100.0, End.PROXY, "SYN", arrived=False),
    Packet(1041, 101.0, End.PROXY, "SYN", note="again", arrived=True),
    Packet(1042, 101.0005, End.TARGET, "SYN, ACK"),
    Packet(1043, 101.0006, End.PROXY, "ACK", arrived=True),
    Packet(1044, 101.001, End.PROXY, "PSH, ACK", 1935, "GET /api/users HTTP/1.1", arrived=True),
    Packet(1090, 101.013, End.TARGET, "RST"),
)
LADDER = Ladder("10.0.0.5:40000", "10.0.0.7:8080", "reset-unacknowledged", None, "a.pcap#1090", PACKETS, 12, 5)


def test_the_drawing_is_the_approved_one() -> None:
    """Who sent what when; a lost packet, a pause and what is left out are named."""
    assert text(LADDER) == approved("ladder.txt", text(LADDER))


def test_the_page_is_the_approved_one() -> None:
    """The same as SVG, beside the chain of its verdict."""
    page = html.render(msgspec.structs.replace(without_picture(example.ARTICLE), ladders=(LADDER,)))
    figure = page[page.index('<figure class="ladder">') : page.index("</figure>") + len("</figure>\n")]
    assert figure == approved("ladder.html", figure)
    assert Page(page).unbalanced == []
    assert not set(Page(page).elements) & LOADING


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    """A request line is a stranger's: it neither steers the terminal nor adds markup to the page."""
    packets = tuple(msgspec.structs.replace(p, note=HOSTILE[name], flags=HOSTILE[name]) for p in PACKETS)
    drawn = msgspec.structs.replace(LADDER, packets=packets, reason=HOSTILE[name], outcome=HOSTILE[name])
    quiet, loud = (
        html.render(msgspec.structs.replace(without_picture(example.ARTICLE), ladders=(one,)))
        for one in (LADDER, drawn)
    )
    for shown in (text(drawn), loud):
        assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]
    assert set(Page(loud).elements) == set(Page(quiet).elements)
    assert {key for key, _ in Page(loud).attributes} == {key for key, _ in Page(quiet).attributes}


def test_a_ladder_is_bounded() -> None:
    """Nobody reads a thousand rungs."""
    assert len(rungs(msgspec.structs.replace(LADDER, packets=PACKETS * 1000))) == MOST_RUNGS


def test_no_packets_draw_nothing() -> None:
    """An empty ladder is drawn without a rung."""
    assert rungs(msgspec.structs.replace(LADDER, packets=(), left_out=0)) == ()


def test_every_packet_of_a_recording_is_a_rung() -> None:
    """With Wireshark's numbers."""
    (conversation,) = recorded("truncated")
    drawn = ladder(conversation)
    assert drawn is not None
    assert [rung.number for rung in rungs(drawn)] == list(range(1, 11))
    assert "the body ended after 12 of 100 bytes" in caption(drawn)


def test_a_verdict_from_a_capture_has_its_ladder() -> None:
    """The diagnosis carries the packets of an example conversation; the pages draws them beside the chain."""
    from tests.sources.captures.detail.making import RECORDED

    diagnosis = diagnose([str(RECORDED / "malformed.pcap")])
    (drawn,) = diagnosis.ladders
    assert drawn is not None
    assert len(diagnosis.ladders) == len(diagnosis.document.verdicts)
    assert "GET /api/users HTTP/1.1" in html.render(diagnosis)
    assert drawn.at.endswith("#6")
