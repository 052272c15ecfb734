"""What all tests share."""

from __future__ import annotations

import os
import signal
import sys

import pytest
from hypothesis import settings

from tests import isolation

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
"""A slow machine is no defect: by default an example that takes more than 200 ms fails."""

KERNEL_RERUNS = 2
"""A test on a real kernel shares two cores with others: who is scheduled first is not ours to say. One that fails runs
again, and the summary names it. Whoever sees a test there often makes its set-up force the order."""

# A shell that starts a job in the background lets it ignore SIGINT, and every program that the tests start and then
# interrupt would inherit that.
for interrupt in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(interrupt) is signal.SIG_IGN:
        signal.signal(interrupt, signal.default_int_handler if interrupt is signal.SIGINT else signal.SIG_DFL)


def pytest_configure(config: pytest.Config) -> None:
    if os.geteuid() == 0 and sys.platform == "linux" and not hasattr(config, "workerinput"):
        isolation.sweep()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("kernel"):
            item.add_marker(pytest.mark.flaky(reruns=KERNEL_RERUNS))
