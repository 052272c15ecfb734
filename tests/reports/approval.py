"""Whole reports as they were last approved: UPDATE_SNAPSHOTS=1 .venv/bin/pytest tests/reports; git diff."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "snapshots"


def approved(name: str, report: str) -> str:
    """The approved report of that name; with UPDATE_SNAPSHOTS set, this one becomes it."""
    path = FOLDER / name
    if os.environ.get("UPDATE_SNAPSHOTS"):
        FOLDER.mkdir(exist_ok=True)
        path.write_text(report, encoding="utf-8")
    return path.read_text(encoding="utf-8")
