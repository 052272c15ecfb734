from __future__ import annotations

import msgspec

from why502.model.fixing import BacklogPlan
from why502.model.host import Listener, Namespace, Process, Server
from why502.remedies.permanent import permanent
from why502.reports.fixing import render_plan

SERVER = Server("Werkzeug", "3.0.0", "command line", backlog_setting="request_queue_size")
PLAN = BacklogPlan(
    Listener("127.0.0.1:8080", 1, 11, 1, 0, 0, pids=(77,)),
    Namespace(1, somaxconn=4096),
    Process(77, "python", "python app.py", start_s=1.0, server=SERVER),
    asked=1024,
    expected=1024,
)


def test_the_setting_of_the_server_that_runs_is_named() -> None:
    """With the value that was asked for."""
    assert [one.text for one in permanent(PLAN)] == ["Werkzeug: set request_queue_size to 1024."]
    assert "(Werkzeug 3.0.0)" in render_plan(PLAN)


def test_what_is_only_installed_is_not_advised_on() -> None:
    """Nobody saw it run: the advice is the one that is right for any program."""
    guessed = msgspec.structs.replace(PLAN.process, server=msgspec.structs.replace(SERVER, guessed=True))
    plan = msgspec.structs.replace(PLAN, process=guessed)
    assert [one.text for one in permanent(plan)] == ["Set the backlog of python to 1024 where it calls listen()."]
    assert "Werkzeug" not in render_plan(plan)


def test_a_limit_of_the_system_is_named_where_it_cuts() -> None:
    """Last, for the service's own setting comes first."""
    limited = msgspec.structs.replace(PLAN, namespace=Namespace(1, somaxconn=64), expected=64)
    *_, last = permanent(limited)
    assert "net.core.somaxconn 64 of its network namespace" in last.text
