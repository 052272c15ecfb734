from __future__ import annotations

import msgspec

from tests.reports.approval import approved
from why502.model.fixing import FIX_SCHEMA, BacklogChange, BacklogPlan, BurstSeen
from why502.model.host import Listener, Namespace, Process, Server
from why502.model.probe import Attempt, Burst, Fate
from why502.model.verdict import Remedy
from why502.reports.fixing import render_change, render_json, render_plan

ANSWERED = Attempt(Fate.ANSWERED, 0.0, 0.001, 0.05, status=200)
LATE = Attempt(Fate.LATE, 0.0, 1.02, 1.05, syn_retransmits=1, status=200)
PLAN = BacklogPlan(
    listener=Listener("0.0.0.0:8080", 1, 815, backlog=1, queue_len=0, drops=44, pids=(4711,)),
    namespace=Namespace(1, somaxconn=128),
    process=Process(
        pid=4711,
        name="java",
        command="java -jar api.jar",
        start_s=1535487443.0,
        user="api",
        container="4f4f4f4f4f4f",
        server=Server("Dropwizard", "1.3.5", "jar", backlog_setting="acceptQueueSize"),
    ),
    asked=1024,
    expected=128,
)
CHANGE = BacklogChange(
    schema=FIX_SCHEMA,
    plan=PLAN,
    before=1,
    after=128,
    undo="sudo why502 fix backlog --undo --socket 815",
    journal="/var/lib/why502/journal.jsonl",
    permanent=(Remedy("Dropwizard: set acceptQueueSize to 1024."), Remedy("Raise the limit.", "sudo sysctl --system")),
    proof=(
        BurstSeen(Burst(0.0, (ANSWERED, ANSWERED, LATE)), looks=105, queue_len_max=2, full_s=0.04, drops=2),
        BurstSeen(Burst(0.0, (ANSWERED,) * 3), looks=24, queue_len_max=3, full_s=0.0, drops=0),
    ),
)


def test_a_change_is_shown_before_and_after() -> None:
    """Who, what, the limit in the way, the proof, how to keep it and how to take it back."""
    shown = render_plan(PLAN) + render_change(CHANGE)
    assert shown == approved("fix-backlog.txt", shown)


def test_a_burst_that_passed_before_proves_nothing() -> None:
    """And that is said."""
    quick = msgspec.structs.replace(CHANGE, proof=(CHANGE.proof[1], CHANGE.proof[1]))
    assert "the burst got through before the change too" in render_change(quick)
    assert "the burst got through before the change too" not in render_change(CHANGE)


def test_json_reads_back_as_the_same_change() -> None:
    """One document."""
    assert msgspec.json.decode(render_json(CHANGE), type=BacklogChange) == CHANGE


def test_a_process_cannot_steer_the_terminal() -> None:
    """It calls itself what it likes."""
    process = msgspec.structs.replace(PLAN.process, name="\x1b[2Jjava", container="a\nb")
    shown = render_plan(msgspec.structs.replace(PLAN, process=process))
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == len(render_plan(PLAN).splitlines())
