from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.sources.captures.detail.making import recorded
from tests.sources.captures.detail.test_recorded import EXPECTED

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.kernel
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for network namespaces")
@pytest.mark.skipif(shutil.which("nft") is None, reason="nft is not installed")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_this_machine_behaves_as_the_recorded_one(tmp_path: Path) -> None:
    """Recorded anew with this kernel and this TLS library: the same outcomes."""
    command = [sys.executable, "-m", "tests.sources.captures.detail.recording", str(tmp_path)]
    subprocess.run(command, check=True, timeout=90)
    outcomes = {name: [c.outcome for c in recorded(name, tmp_path)] for name in EXPECTED}
    assert outcomes == {name: [outcome] for name, (outcome, _) in EXPECTED.items()}
