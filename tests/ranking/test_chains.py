from __future__ import annotations

from pathlib import Path

import pytest

from why502.diagnosis import diagnose

CASES = Path(__file__).parent.parent / "cases"


@pytest.mark.parametrize(
    ("case", "evidence", "text", "at"),
    [
        ("target-crashed/harakiri_of_the_pod_ran_out", ("access.log", "error.log", "pods.json"),
         "harakiri 20 s of uWSGI", "pods.json#shop-7d9f/app environment#2"),
        ("target-restarted/the_deregistration_delay_ran_out", ("access.log", "attributes.json", "changes.csv"),
         "deregistration_delay.timeout_seconds", "attributes.json:8"),
    ],
)  # fmt: skip
def test_a_configuration_that_says_why_is_the_setting_of_the_chain(
    case: str, evidence: tuple[str, ...], text: str, at: str
) -> None:
    """Where nobody looked at the listener: its own look tells it for certain."""
    (chain,) = diagnose([str(CASES / case / name) for name in evidence]).chains
    (setting,) = [link for link in chain if link.name == "setting"]
    assert text in setting.text
    assert setting.at == str(CASES / case / at)


def test_without_one_it_is_said_to_be_missing() -> None:
    """A log alone tells of no setting."""
    (chain,) = diagnose([str(CASES / "keepalive-race" / "constant_gap_in_the_log" / "access.log")]).chains
    (setting,) = [link for link in chain if link.name == "setting"]
    assert (setting.text, setting.at) == ("no host evidence was given", None)


def test_the_fate_of_the_conversation_is_said_in_words() -> None:
    """Our names for it are no reader's."""
    capture = CASES.parent / "sources" / "captures" / "recorded" / "keepalive_race.pcap"
    (chain,) = diagnose([str(capture)]).chains
    (conversation,) = [link for link in chain if link.name == "conversation"]
    assert conversation.text.endswith("raced (the target closed an idle connection just as the proxy used it again)")
