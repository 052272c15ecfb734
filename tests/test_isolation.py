"""What a killed test run leaves, the next one ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from pyroute2 import netns

from tests.isolation import PREFIX, isolated, sweep
from why502.host.namespaces import NAMED, inside


@pytest.mark.kernel
def test_programs_and_names_of_a_dead_run_are_swept_and_those_of_living_ones_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A namespace whose name carries the number of a process that is gone, with a program inside."""
    with isolated() as ours:
        with subprocess.Popen([sys.executable, "-c", ""]) as gone:
            gone.wait()
        name = f"{PREFIX}-{gone.pid}-0"
        netns.create(name)
        left = inside(NAMED / name, lambda: subprocess.Popen(["sleep", "600"]))
        # A second run that sweeps at this very moment must not be met by other names of ours.
        monkeypatch.setattr(netns, "listnetns", lambda: [name, ours.name])
        sweep()
        assert left.wait(10) < 0
        assert not (NAMED / name).exists()
        assert ours.exists()
        assert os.getpid() == int(ours.name.split("-")[1])
