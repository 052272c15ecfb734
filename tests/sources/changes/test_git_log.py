from __future__ import annotations

import doctest
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.formats import all_formats
from why502.model.case import Change
from why502.sources.changes import git_dates, git_log
from why502.sources.gather import recognise
from why502.sources.interface import EvidenceFile, Reading

AT_S = 1795342500.0
"""2026-11-22 11:15:00 +0100."""
HASH = "1edd790d4a3c29a9a3bc5ff3c47ab0db0a1c8c1f"
BODY = "\n    Release 2.1, part | one\n    \n    Of 2026-01-01 10:00:00 +0000\n"
BLOCKS = {
    "medium": f"commit {HASH} (HEAD -> main)\nAuthor: A B <a@x>\nDate:   Sun Nov 22 11:15:00 2026 +0100\n{BODY}",
    "medium --date=iso": f"commit {HASH}\nAuthor: A <a@x>\nDate:   2026-11-22 11:15:00 +0100\n{BODY}",
    "medium --stat": (
        f"commit {HASH}\nAuthor: A <a@x>\nDate:   Sun Nov 22 11:15:00 2026 +0100\n{BODY}\n a.py | 2 +-\n"
        " 1 file changed, 1 insertion(+), 1 deletion(-)\n"
    ),
    "fuller": (
        f"commit {HASH}\nAuthor:     A <a@x>\nAuthorDate: Fri Nov 20 09:00:00 2026 +0100\nCommit:     C <c@x>\n"
        f"CommitDate: Sun Nov 22 11:15:00 2026 +0100\n{BODY}"
    ),
    "raw": (
        f"commit {HASH}\ntree {HASH}\nparent {HASH}\nauthor A <a@x> 1795000000 +0100\n"
        f"committer C <c@x> 1795342500 +0100\n{BODY}"
    ),
    "email": (
        f"From {HASH} Mon Sep 17 00:00:00 2001\nFrom: A <a@x>\nDate: Sun, 22 Nov 2026 11:15:00 +0100\n"
        "Subject: [PATCH] Release 2.1, part | one\n\nOf 2026-01-01\n"
    ),
    "graph, in colours": (
        f"\x1b[33m* commit {HASH}\x1b[m\n| Author: A <a@x>\n| Date:   Sun Nov 22 11:15:00 2026 +0100\n| \n"
        "|     Release 2.1, part | one\n"
    ),
}
LINES = {
    "%h %ad %s --date=iso": "1edd790 2026-11-22 11:15:00 +0100 Release 2.1, part | one",
    "%h %ad %s --date=iso-strict": "1edd790 2026-11-22T11:15:00+01:00 Release 2.1, part | one",
    "%h %ad %s --date=rfc": "1edd790 Sun, 22 Nov 2026 11:15:00 +0100 Release 2.1, part | one",
    "%h %ad %s --date=unix": "1edd790 1795342500 Release 2.1, part | one",
    "%h %ad %s --date=raw": "1edd790 1795342500 +0100 Release 2.1, part | one",
    "%h %ad %s --date=local": "1edd790 Sun Nov 22 10:15:00 2026 Release 2.1, part | one",
    "%H|%cI|%s": f"{HASH}|2026-11-22T11:15:00+01:00|Release 2.1, part | one",
    "%h%x09%cd%x09%s": "1edd790\tSun Nov 22 11:15:00 2026 +0100\tRelease 2.1, part | one",
    "%h%d %s (%ci)": "1edd790 Release 2.1, part | one (2026-11-22 11:15:00 +0100)",
    "%ct %s": "1795342500 Release 2.1, part | one",
    "%at,%h,%s": "1795342500,1edd790,Release 2.1, part | one",
    "%aD %s": "Sun, 22 Nov 2026 11:15:00 +0100 Release 2.1, part | one",
    '"%cI","%s"': '"2026-11-22T11:15:00+01:00","Release 2.1, part | one"',
    "%cI%x09%h%x09%s": "2026-11-22T11:15:00+01:00\t1edd790\tRelease 2.1, part | one",
    "--graph %h %ci %s": "* 1edd790 2026-11-22 11:15:00 +0100 Release 2.1, part | one",
    "JSON": '{"commit":"1edd790","date":"2026-11-22T11:15:00+01:00","subject":"Release 2.1, part | one"}',
}
UNDATED = {
    "--oneline": ("1edd790 Release 2.1", "no time"),
    "reference": ("1edd790 (Release 2.1, 2026-11-22)", "a day without a time of day"),
    "%h %ar %s": ("1edd790 3 hours ago Release 2.1", "a time that only tells how long ago it was"),
    "short": (f"commit {HASH}\nAuthor: A <a@x>\n{BODY}", "no time"),
}


def read(text: str) -> Reading:
    reader = recognise(text.encode())
    assert reader is not None
    return reader.read(EvidenceFile("git.txt", lambda: io.BytesIO(text.encode())))


@pytest.mark.parametrize("text", [*BLOCKS.values(), *LINES.values()], ids=[*BLOCKS, *LINES])
def test_a_commit_with_its_time_and_subject(text: str) -> None:
    """Whatever the format: three of them are three changes, at the time at which they landed."""
    reading = read("\n".join([text] * 3) + "\n")
    changes = [fact for fact in reading.facts if isinstance(fact, Change)]
    assert (reading.input.kind, reading.input.records, reading.input.not_understood) == ("git-log", 3, 0)
    assert [(change.at_s, change.text) for change in changes] == [(AT_S, "Release 2.1, part | one")] * 3
    assert changes[0].at.number == 1


@pytest.mark.parametrize(("text", "why"), UNDATED.values(), ids=UNDATED)
def test_without_a_time_of_day_nothing_is_invented(text: str, why: str) -> None:
    """The commit is counted, with the reason and the option that tells it."""
    told = read(f"{text}\n").input
    assert (told.kind, told.records, told.not_understood) == ("git-log", 0, 1)
    assert told.first_not_understood[0].why == f"a commit with {why}: git log --format='%cI %s' tells it"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-22T10:00:00Z INFO started\n",
        "2026-11-22 10:00:00 +0000 Started the server\n",
        "1234567 something\n",
        "1795342500 value 3\n",
        "1795342500.12 words and words\n",
        "Sun Nov 22 10:00:00 2026 [notice] child died\n",
        "commitment to excellence\n",
        f"{'a1' * 32}  file\n",
    ],
)
def test_other_lines_are_not_gits(text: str) -> None:
    """Logs begin with times, and much begins with numbers."""
    assert git_log.fit((text * 3).encode()) == 0.0


@pytest.mark.parametrize("log_format", all_formats(), ids=lambda log_format: log_format.kind)
def test_no_log_is_gits(log_format: object) -> None:
    """Not one line of any format."""
    for sample in log_format.samples:  # type: ignore[attr-defined]
        assert git_log.fit(sample.line.encode()) < 0.1


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.sampled_from([*BLOCKS.values(), *LINES.values()]).flatmap(
            lambda text: st.tuples(st.integers(0, len(text)), st.integers(0, len(text)), st.text(max_size=6)).map(
                lambda cut: (text[: min(cut[:2])] + cut[2] + text[max(cut[:2]) :]).encode("utf-8", "replace")
            )
        ),
    )
)
def test_any_bytes_are_commits_or_not(content: bytes) -> None:
    """Nothing breaks the reader."""
    assert 0.0 <= git_log.fit(content) <= 1.0
    reading = git_log.read(EvidenceFile("x", lambda: io.BytesIO(content)))
    assert len(reading.facts) == reading.input.records


def test_examples_in_the_documentation_are_true() -> None:
    """What a docstring shows is what happens."""
    assert doctest.testmod(git_dates).failed == 0
