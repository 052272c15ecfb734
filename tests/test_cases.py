"""Every case under tests/cases/<cause>/<case>/: the smallest evidence, and what must (not) come of it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from why502.diagnosis import diagnose, exit_status
from why502.suspects import all_suspects
from why502.suspects.interface import Kind

CASES = Path(__file__).parent / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/*/expect.toml"))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_case(folder: Path) -> None:
    """`expect.toml` holds; a folder that ends in `_clean` is a look-alike in which its cause is not named."""
    expect = tomllib.loads((folder / "expect.toml").read_text())
    evidence = [str(folder / name) for name in expect["evidence"]]
    diagnosis = diagnose(evidence)
    document = diagnosis.document
    cause = folder.parent.name
    named = {v.cause: v for v in document.verdicts}
    line = next(s for s in document.suspects if s.cause == cause)
    assert diagnosis.defects == ()
    assert exit_status(diagnosis) == expect["exit"]
    if folder.name.endswith("_clean"):
        assert cause not in named
        assert line.status in ("cleared", "not-applicable", "not-examined", "suspected")
    if "status" in expect:
        assert line.status == expect["status"], line.why
    if "named" in expect:
        assert list(named) == expect["named"]
    for key, bound in (("at_least", 1), ("at_most", -1)):
        if key in expect:
            assert line.probability is not None
            assert bound * line.probability >= bound * expect[key]
    for name, number in expect.get("failures", {}).items():
        assert getattr(document.failures, name) == number
    for text in expect.get("says", ()):
        assert any(text in e.text for v in document.verdicts for e in v.evidence) or text in line.why


@pytest.mark.parametrize("suspect", all_suspects(), ids=lambda suspect: suspect.name)
def test_every_suspect_has_cases_of_both_kinds(suspect: object) -> None:
    """Each piece of knowledge has a case that must convict and a look-alike that must not."""
    name = suspect.name  # type: ignore[attr-defined]
    cases = [folder.name for folder in FOLDERS if folder.parent.name == name]
    assert any(case.endswith("_clean") for case in cases), f"{name} has no look-alike"
    assert any(not case.endswith("_clean") for case in cases), f"{name} has no case that convicts"


def test_every_case_belongs_to_a_suspect() -> None:
    """A case folder under a wrong name would never be seen."""
    assert {folder.parent.name for folder in FOLDERS} <= {s.name for s in all_suspects()}
    assert {s.kind for s in all_suspects()} == {Kind.FAULT, Kind.CONDITION}
