from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.detail.making import detail, recorded
from why502.model.conversations import Outcome

if TYPE_CHECKING:
    from pathlib import Path

EXPECTED = {
    "first_request_was_the_last": (Outcome.GONE_AWAY, 1),
    "burst_at_the_limit": (Outcome.GONE_AWAY, 1),
    "orderly": (Outcome.ANSWERED, 0),
    "no_goaway": (Outcome.RESET_BEFORE_ANSWER, 0),
}


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for network namespaces")
@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed")
@pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")
def test_real_ends_of_http2_behave_as_recorded(tmp_path: Path) -> None:
    """nginx ignores what comes after its GOAWAY; Node.js begins streams as long as it has not read one."""
    command = [sys.executable, "-m", "tests.sources.captures.detail.recording_http2", str(tmp_path)]
    subprocess.run(command, check=True, timeout=90)
    for name, expected in EXPECTED.items():
        found = [c for c in recorded(name, tmp_path) if c.bytes_sent]  # beside the probes that wait for the target
        assert [(c.outcome, _past(detail(c).http2)) for c in found] == [expected], name


def _past(http2: object) -> int:
    return getattr(http2, "streams_past_goaway", 0)
