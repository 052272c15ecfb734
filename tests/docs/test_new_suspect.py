from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from docs import new_suspect
from why502.suspects.interface import Suspect

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "src/why502/suspects").mkdir(parents=True)
    monkeypatch.setattr(new_suspect, "ROOT", tmp_path)
    return tmp_path


def test_the_new_file_is_a_suspect_and_its_cases_wait_to_be_filled(root: Path) -> None:
    """It can be imported as it is, and has a folder for what convicts and one for what must not."""
    assert new_suspect.main("moon-phase") == 0
    path = root / "src/why502/suspects/moon_phase.py"
    spec = importlib.util.spec_from_file_location("moon_phase", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.SUSPECT, Suspect)
    assert module.SUSPECT.name == "moon-phase"
    cases = root / "tests/cases/moon-phase"
    assert sorted(case.name for case in cases.iterdir()) == ["first", "look_alike_clean"]


@pytest.mark.parametrize("name", ["", "Moon Phase", "../escape", "moon_phase"])
def test_a_name_that_is_none_writes_nothing(root: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert new_suspect.main(name) == 2
    assert "lower case words joined by '-'" in capsys.readouterr().err
    assert list((root / "src/why502/suspects").iterdir()) == []


def test_an_existing_suspect_is_not_overwritten(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "src/why502/suspects/moon_phase.py").write_text("mine")
    assert new_suspect.main("moon-phase") == 2
    assert "exists already" in capsys.readouterr().err
    assert (root / "src/why502/suspects/moon_phase.py").read_text() == "mine"
