from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec import structs

from tests.reports import example
from tests.reports.approval import approved
from tests.reports.hostile import HOSTILE
from why502.model.verdict import SuspectLine
from why502.reports.html import render

if TYPE_CHECKING:
    from why502.model.verdict import Diagnosis

VOID = {"meta", "br", "img", "link", "input", "hr"}
LOADING = {"script", "link", "img", "iframe", "object", "embed", "base", "form", "audio", "video", "source", "use"}


class Page(HTMLParser):
    """What a browser would make of a report."""

    def __init__(self, report: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.unbalanced: list[str] = []
        self.words: list[str] = []
        self.feed(report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.words += data.split()


def without_picture(diagnosis: Diagnosis) -> Diagnosis:
    return msgspec.structs.replace(diagnosis, timeline=())


@pytest.mark.parametrize("name", ["article", "not_determined", "nothing_wrong"])
def test_the_page_is_the_approved_one(name: str) -> None:
    """Whole pages without the picture (its drawing belongs to another library), as a person approved them."""
    page = render(without_picture(getattr(example, name.upper())))
    assert page == approved(f"{name.replace('_', '-')}.html", page)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    """Whatever a stranger writes, the page has the same elements and attributes, and loads nothing."""
    quiet, loud = (Page(render(without_picture(example.filled_with(text)))) for text in ("x", HOSTILE[name]))
    assert loud.unbalanced == []
    assert not set(loud.elements) & LOADING
    assert {key for key, _ in loud.attributes} == {key for key, _ in quiet.attributes}
    assert set(loud.elements) <= set(quiet.elements)


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_hides_or_reorders_the_page(name: str) -> None:
    """Control characters, bidirectional controls and lone surrogates are spelled out, long fields cut."""
    report = render(without_picture(example.filled_with(HOSTILE[name])))
    assert not [c for c in report if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]
    assert len(report.encode()) < 2_000_000


def test_nothing_is_fetched() -> None:
    """One file: no script, no address, and a policy that forbids both."""
    report = render(example.ARTICLE)
    page = Page(report)
    assert not set(page.elements) & LOADING
    assert not {"src", "href", "srcset", "action"} & {key for key, _ in page.attributes}
    assert not re.search(r"url\(|@import", report)
    assert "default-src 'none'" in report


def test_the_picture_is_drawn_for_wide_and_narrow_screens() -> None:
    """5xx by origin, in the colours of the page."""
    page = Page(render(example.ARTICLE))
    assert page.elements.count("svg") == 2
    assert {"var(--proxy)", "var(--target)"} <= {value for _, value in page.attributes}
    assert page.unbalanced == []


def test_the_page_says_everything_that_the_document_says() -> None:
    """Evidence with places, remedies, suspects, inputs and checks: all of it is on the page."""
    words = " ".join(Page(render(without_picture(example.ARTICLE))).words)
    document = example.DOCUMENT
    expected = [s.cause for s in document.suspects]
    expected += [s.why for s in document.suspects]
    expected += [line.path for line in document.inputs]
    expected += [text for v in document.verdicts for e in v.evidence for text in (e.text, e.at)]
    expected += [r.text for v in document.verdicts for r in v.remedies]
    expected += [step.command for step in document.next_steps]
    expected += [link.text for link in example.CHAIN]
    expected += example.ARTICLE.noticed
    assert [text for text in expected if " ".join(text.split()) not in words] == []


def test_the_page_tells_what_else_it_may_be() -> None:
    """As the text does: below 80 % a name is no certainty, and somebody may have left the other unexamined."""
    other = SuspectLine("packets-dropped", "fault", "not-examined", 0.37, "nobody looked")
    suspects = (*(s for s in example.DOCUMENT.suspects if s.cause != other.cause), other)
    for probability, told in ((0.58, True), (0.85, False)):
        verdict = structs.replace(example.OVERFLOW, probability=probability)
        document = structs.replace(example.DOCUMENT, verdicts=(verdict,), suspects=suspects)
        diagnosis = structs.replace(example.ARTICLE, document=document, undetermined=())
        words = " ".join(Page(render(without_picture(diagnosis))).words)
        assert ("or else packets-dropped , 37 %" in " ".join(words.split())) is told


def test_a_thousand_inputs_and_verdicts_stay_bounded() -> None:
    """A page is read by a person; the rest is in the JSON."""
    document = msgspec.structs.replace(
        example.DOCUMENT, verdicts=(example.OVERFLOW,) * 1000, inputs=example.DOCUMENT.inputs * 1000
    )
    report = render(msgspec.structs.replace(without_picture(example.ARTICLE), document=document))
    assert len(report) < 500_000
    assert "980 more verdicts" in report
