from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.test_outcomes import RECORDINGS, recorded
from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for a network namespace")
@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
def test_this_kernel_behaves_as_the_recorded_one(tmp_path: Path) -> None:
    """Recorded anew on this machine: the same outcomes, and each cookie that failed is one bare reset."""
    command = [sys.executable, "-m", "tests.sources.captures.recording", str(tmp_path)]
    grown = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout)
    outcomes = {name: {c.outcome for c in recorded(name, tmp_path)} for name in RECORDINGS}
    assert {n: o for n, o in outcomes.items() if n != "syn_cookie_reset"} == {
        n: o for n, o in RECORDINGS.items() if n != "syn_cookie_reset"
    }
    cookies = recorded("syn_cookie_reset", tmp_path)
    resets = [c for c in cookies if c.outcome is Outcome.RESET_UNACKNOWLEDGED]
    assert len(resets) == grown["syn_cookie_reset"]["SyncookiesFailed"] > 0
    assert all(c.reset_bare for c in resets)
    assert grown["reset_to_final_ack"]["EmbryonicRsts"] == 1
