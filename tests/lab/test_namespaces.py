from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyroute2 import netns

from why502.lab import namespaces
from why502.lab.namespaces import PREFIX

pytestmark = pytest.mark.kernel


def test_sweep_takes_only_what_a_dead_lab_left() -> None:
    """Not what belongs to a living process, nor what merely looks alike."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    dead, living, foreign = (
        f"{PREFIX}-{gone.pid}-ab12cd-proxy",
        f"{PREFIX}-{os.getpid()}-ab12cd-proxy",
        f"{PREFIX}x-{gone.pid}-ab12cd",
    )
    try:
        for name in (dead, living, foreign):
            namespaces.create(name)
        namespaces.sweep()
        assert dead not in netns.listnetns()
        assert {living, foreign} <= set(netns.listnetns())
    finally:
        for name in (dead, living, foreign):
            namespaces.remove(name)


def test_many_are_made_and_removed_at_once() -> None:
    """Each is there under its name, and none is left."""
    stem = namespaces.stem()
    names = [f"{stem}-{number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(namespaces.create, names))
        assert set(names) <= set(netns.listnetns())
        list(pool.map(namespaces.remove, names))
    assert set(names).isdisjoint(netns.listnetns())


def test_removing_what_is_not_there_is_no_error() -> None:
    """Another lab may have swept it."""
    namespaces.remove(f"{namespaces.stem()}-nobody")
