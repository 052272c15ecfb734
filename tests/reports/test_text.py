from __future__ import annotations

import re
import shlex
import subprocess
import unicodedata
from typing import TYPE_CHECKING

import msgspec
import pytest
from msgspec import structs
from rich.cells import cell_len

from tests.reports import example
from tests.reports.approval import approved
from tests.reports.hostile import HOSTILE
from why502.model.verdict import EvidenceLine, NextStep, SuspectLine
from why502.reports.text import render
from why502.reports.text.places import LONGEST, shared_folder

if TYPE_CHECKING:
    from why502.model.verdict import Diagnosis

SNAPSHOTS = {
    "article-80-columns.txt": (example.ARTICLE, 80),
    "article-pipe.txt": (example.ARTICLE, None),
    "not-determined-80-columns.txt": (example.NOT_DETERMINED, 80),
    "nothing-wrong-80-columns.txt": (example.NOTHING_WRONG, 80),
}


@pytest.mark.parametrize("name", SNAPSHOTS)
def test_the_report_is_the_approved_one(name: str) -> None:
    """Whole reports, as a person approved them."""
    diagnosis, width = SNAPSHOTS[name]
    report = render(diagnosis, width=width, color=False)
    assert report == approved(name, report)


def test_the_first_screen_holds_the_answer() -> None:
    """On 24 lines of 100 columns: cause, how sure, why, three lines of evidence with places, the command."""
    first = "\n".join(render(example.ARTICLE, width=100, color=False).splitlines()[:24])
    verdict = example.OVERFLOW
    flowing = " ".join(first.split())
    assert f"{verdict.cause}, 97 % sure" in flowing
    assert verdict.summary in flowing
    assert verdict.because[0].condition in flowing
    assert all(f"[{line.at}]" in flowing for line in verdict.evidence[:3])
    assert str(verdict.remedies[0].command) in flowing
    assert "Chain" in first


def test_the_shared_folder_stands_once_above_the_inputs() -> None:
    """Sixty characters of folder before each file name push the sentence away."""
    report = render(in_folder("/var/evidence/case-7/"), width=100, color=False)
    assert report.count("/var/evidence/case-7/") == 1
    assert "Inputs  in /var/evidence/case-7/" in report
    assert f"[{example.OVERFLOW.evidence[0].at}]" in " ".join(report.split())


@pytest.mark.parametrize(("width", "whole"), [(100, False), (None, True)])
def test_a_long_name_is_cut_on_a_terminal_only(width: int | None, whole: bool) -> None:
    """Its end tells files of a balancer apart, and packets of a file."""
    name = "x" * 80
    report = " ".join(render(in_folder(name), width=width, color=False).split())
    at = name + example.OVERFLOW.evidence[0].at
    assert (f"[{at}]" in report) == whole
    assert (f"[…{at[1 - LONGEST :]}]" in report) != whole


def test_folders_without_a_common_one_stay() -> None:
    """What a service was asked for lies in no folder."""
    assert shared_folder(with_inputs("s3://bucket/a.log", "s3://bucket/b.log")) == ""
    assert shared_folder(with_inputs("cloudwatch:app/shop/50dc6c495c0c9188")) == ""
    assert shared_folder(with_inputs("/var/log/a.log", "/etc/b.conf")) == ""
    assert shared_folder(with_inputs("logs/a.log", "logs/more/b.log", "this host")) == "logs/"
    assert shared_folder(with_inputs("a.log")) == ""


def in_folder(folder: str) -> Diagnosis:
    """The example with `folder` before each place."""
    document = example.ARTICLE.document
    verdicts = tuple(
        structs.replace(v, evidence=tuple(structs.replace(e, at=folder + e.at) for e in v.evidence))
        for v in document.verdicts
    )
    inputs = tuple(structs.replace(each, path=each.path.replace("evidence/", folder)) for each in document.inputs)
    chains = tuple(
        tuple(structs.replace(link, at=folder + link.at if link.at else None) for link in links)
        for links in example.ARTICLE.chains
    )
    told = structs.replace(document, verdicts=verdicts, inputs=inputs)
    return structs.replace(example.ARTICLE, document=told, chains=chains)


def with_inputs(*paths: str) -> Diagnosis:
    document = example.ARTICLE.document
    inputs = tuple(structs.replace(document.inputs[0], path=path) for path in paths)
    return structs.replace(example.ARTICLE, document=structs.replace(document, inputs=inputs))


def test_a_pipe_gets_whole_sentences() -> None:
    """Without a width nothing is wrapped, so that grep finds what it looks for."""
    lines = render(example.ARTICLE, width=None, color=False).splitlines()
    for text in (example.OVERFLOW.summary, *(line.text for line in example.OVERFLOW.evidence)):
        assert any(text in line for line in lines)
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("width", [40, 80, 132])
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_neither_steers_nor_breaks_the_terminal(name: str, width: int) -> None:
    """No control character comes through, and no line is wider than the terminal."""
    report = render(example.filled_with(HOSTILE[name]), width=width, color=False)
    assert not [c for c in report if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c != "\n"]
    assert max(cell_len(line) for line in report.splitlines()) <= width
    report.encode()


def test_markup_of_rich_is_shown_as_it_stands() -> None:
    """Square brackets in a log line are square brackets."""
    report = render(example.filled_with("[bold red]x[/] :smile:"), width=None, color=False)
    assert "[bold red]x[/] :smile:" in report


def test_color_adds_only_colors() -> None:
    """With the colours removed it is the same report."""
    colored = render(example.ARTICLE, width=80, color=True)
    plain = re.sub(r"\x1b\[[\d;]*m", "", colored)
    assert colored != plain
    assert [line.rstrip() for line in plain.splitlines()] == (
        render(example.ARTICLE, width=80, color=False).splitlines()
    )


def test_missing_links_of_the_chain_are_named() -> None:
    """What could not be joined is said, with the reason."""
    report = render(example.ARTICLE, width=None, color=False)
    assert "missing: no configuration of the service was given" in report


def test_every_suspect_is_on_the_page() -> None:
    """Examined or not, none is left out."""
    report = render(example.ARTICLE, width=None, color=False)
    assert [s.cause for s in example.SUSPECTS if s.cause not in report] == []


def test_an_unsettled_answer_names_the_next_check_on_the_first_screen() -> None:
    """Not determined: the check that would settle it stands before everything else."""
    report = render(example.NOT_DETERMINED, width=100, color=False)
    assert example.NOT_DETERMINED.document.next_steps[0].command in " ".join(report.splitlines()[:12])


def test_what_else_it_may_be_stands_below_an_unsure_headline() -> None:
    """A tired reader must not take 58 % for certain; from 80 % on a name is one."""
    other = SuspectLine("packets-dropped", "fault", "suspected", 0.37, "SYNs got lost.")
    suspects = (*(s for s in example.ARTICLE.document.suspects if s.cause != other.cause), other)
    for probability, told in ((0.58, True), (0.85, False)):
        verdict = structs.replace(example.OVERFLOW, probability=probability)
        document = structs.replace(example.ARTICLE.document, verdicts=(verdict,), suspects=suspects)
        diagnosis = structs.replace(example.ARTICLE, document=document, undetermined=())
        report = render(diagnosis, width=100, color=False)
        assert ("or else   packets-dropped, 37 %" in report) is told


def test_a_command_that_is_too_long_can_be_pasted() -> None:
    """A shell reads its lines as the one that was meant; what is quoted stays whole."""
    said = "why502 diagnose evidence/access.log evidence/error.log --changes 'all deployments of today.csv'"
    document = structs.replace(example.DOCUMENT, next_steps=(NextStep(said, "what began then", 1.0),))
    lines = render(structs.replace(example.ARTICLE, document=document), width=50, color=False).splitlines()
    first = next(number for number, line in enumerate(lines) if "$ why502 diagnose" in line)
    last = next(number for number in range(first, len(lines)) if not lines[number].endswith("\\"))
    assert last > first
    assert all(len(line) <= 50 for line in lines[first : last + 1])
    pasted = "\n".join(lines[first : last + 1]).partition("$ ")[2]
    echoed = subprocess.run(["sh", "-c", f"printf '%s|' {pasted}"], capture_output=True, text=True, check=True)
    assert echoed.stdout.split("|")[:-1] == shlex.split(said)


def test_what_is_said_twice_does_not_fill_the_first_screen() -> None:
    """Three targets that were restarted tell the same three times; all of it stands further down."""
    same = [EvidenceLine("for", 3.5, "10 were cut off", "capture", f"a.pcap#{n}") for n in range(3)]
    other = EvidenceLine("for", 2.0, "a change was recorded", "changes", "changes.csv:2")
    verdict = structs.replace(example.OVERFLOW, evidence=(*same, other))
    document = structs.replace(example.DOCUMENT, verdicts=(verdict,))
    first, _, rest = render(structs.replace(example.ARTICLE, document=document), width=100, color=False).partition(
        "Further evidence"
    )
    assert (first.count("10 were cut off"), first.count("a change was recorded")) == (1, 1)
    assert rest.count("10 were cut off") == 2


def test_a_picture_that_would_be_empty_says_why() -> None:
    """Clients that left got no 5xx."""
    quiet = tuple(structs.replace(bucket, by_proxy=0, by_target=0) for bucket in example.ARTICLE.timeline)
    report = render(structs.replace(example.ARTICLE, timeline=quiet), width=100, color=False)
    assert "over time       not drawn: no failure has a 5xx status" in report
    assert "not drawn" not in render(structs.replace(example.ARTICLE, timeline=()), width=100, color=False)


def test_a_defect_is_shown_beside_the_verdict() -> None:
    """A judge that crashed is neither silent nor counted as cleared."""
    diagnosis = msgspec.structs.replace(example.ARTICLE, defects=("keepalive-race: ZeroDivisionError",))
    first = "\n".join(render(diagnosis, width=100, color=False).splitlines()[:26])
    assert "keepalive-race: ZeroDivisionError" in first
    assert "defect of why502" in first


def test_failures_without_any_verdict_are_not_called_fine() -> None:
    """Failures that nothing explains are not "nothing wrong"."""
    document = msgspec.structs.replace(example.DOCUMENT, verdicts=())
    report = render(msgspec.structs.replace(example.ARTICLE, document=document, chains=()), width=80, color=False)
    assert report.startswith("25 failures found, cause not determined")


def test_a_thousand_verdicts_stay_readable() -> None:
    """Many clusters give the first ones in full, and the number of the others."""
    document = msgspec.structs.replace(example.DOCUMENT, verdicts=(example.OVERFLOW,) * 1000)
    report = render(msgspec.structs.replace(example.ARTICLE, document=document), width=80, color=False)
    assert len(report.splitlines()) < 600
    assert "990 more verdicts" in report
