"""The recorded article's case, whole and in parts: the verdict weakens honestly."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from why502.diagnosis import diagnose, exit_status
from why502.errors import Exit

if TYPE_CHECKING:
    from why502.model.verdict import Diagnosis, Document

EXAMPLES = Path(__file__).parent.parent / "examples"
ARTICLE = EXAMPLES / "the-article"
CAUSE = "accept-queue-overflow"
LOG, CAPTURE, HOST, METRICS = "*.log.gz", "capture.pcapng", "host.json", "metrics.json"


def only(*patterns: str) -> Diagnosis:
    """The diagnosis of those files of the article's case."""
    return diagnose([str(path) for pattern in patterns for path in ARTICLE.glob(pattern)])


def probability(document: Document) -> float:
    line = next(s for s in document.suspects if s.cause == CAUSE)
    return line.probability or 0.0


def test_the_whole_case_is_explained() -> None:
    """Accept-queue overflow because of a backlog of 1, with at least 90 %, and all failures explained by it."""
    diagnosis = diagnose([str(ARTICLE)])
    (verdict,) = diagnosis.document.verdicts
    assert (verdict.cause, verdict.because[0].condition) == (CAUSE, "backlog-too-small")
    assert verdict.because[0].known_issue == "first-digit-backlog"
    assert verdict.probability >= 0.9
    assert verdict.failures == diagnosis.document.failures.total
    assert exit_status(diagnosis) is Exit.EXPLAINED


@pytest.mark.parametrize(
    "condition", ["cpu-saturated", "memory-exhausted", "crash-loop", "deployment", "idle-timeout-too-short"]
)
def test_the_usual_suspects_are_cleared_with_numbers(condition: str) -> None:
    """What the article did by hand. The failures came after silences of 44 s, but on new connections."""
    line = next(s for s in diagnose([str(ARTICLE)]).document.suspects if s.cause == condition)
    assert line.status == "cleared", line.why
    assert any(character.isdigit() for character in line.why)


def test_the_chain_reaches_from_the_request_to_the_setting() -> None:
    """Request, conversation, listener, process, setting: each with its place."""
    (chain,) = diagnose([str(ARTICLE)]).chains
    assert [link.name for link in chain] == ["request", "conversation", "listener", "process", "setting", "change"]
    assert all(link.at for link in chain[:5])


def test_the_healthy_twin_gets_no_verdict() -> None:
    """The same load on a backlog of 4096."""
    diagnosis = diagnose([str(EXAMPLES / "the-article-healthy")])
    assert diagnosis.document.verdicts == ()
    assert exit_status(diagnosis) is Exit.NOTHING_WRONG


def test_the_log_alone_puts_it_on_the_list_and_names_the_check() -> None:
    """Likely at most; the host or the capture would settle it."""
    document = only(LOG).document
    assert 0.1 <= probability(document) < 0.9
    assert any("collect" in step.command or "tcpdump" in step.command for step in document.next_steps)


def test_the_capture_alone_knows_what_no_log_tells() -> None:
    """New connections reset before a byte was acknowledged; the host would name the listener's limit."""
    document = only(CAPTURE).document
    assert document.verdicts[0].cause == CAUSE
    assert document.failures.requests == 0
    assert "host" in next(s for s in document.suspects if s.cause == CAUSE).missing


def test_the_host_alone_names_the_listener_its_process_and_its_drops() -> None:
    """And says that no proxy evidence was seen; it is less sure than the whole."""
    document = only(HOST).document
    (verdict,) = document.verdicts
    assert verdict.cause == CAUSE
    assert "python3 (pid" in verdict.summary
    assert "dropped" in verdict.summary
    assert "no proxy evidence was seen" in verdict.summary
    assert verdict.probability < probability(diagnose([str(ARTICLE)]).document)
    assert document.next_steps


def test_metrics_alone_convict_nobody() -> None:
    """They count; they do not tell why."""
    diagnosis = only(METRICS)
    assert diagnosis.document.verdicts == ()
    assert diagnosis.document.failures.by_side["proxy"] > 0
    assert diagnosis.document.next_steps
    assert exit_status(diagnosis) is Exit.NOT_DETERMINED


def test_log_and_capture_settle_it() -> None:
    """Without any look at the host."""
    document = only(LOG, CAPTURE).document
    assert [v.cause for v in document.verdicts] == [CAUSE]
    assert document.verdicts[0].probability >= 0.9
