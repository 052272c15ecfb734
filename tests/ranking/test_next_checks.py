from __future__ import annotations

import shlex
from math import isclose
from typing import Any

import pytest

from tests.making import case, fault, request
from why502.model.requests import Manner, Phase
from why502.ranking import judge_case
from why502.ranking.next_checks import likelihoods
from why502.suspects import all_suspects
from why502.suspects.checks import CHECKS


def test_the_check_that_separates_the_rivals_comes_first() -> None:
    """Two equal suspects, told apart by the capture only: that is the next step, worth about a bit."""
    one = fault("a", 4.0, expects={"capture": {"refused": 1.0}, "host": {"listener-well": 1.0}})
    other = fault("b", 4.0, expects={"capture": {"reused-cut": 1.0}, "host": {"listener-well": 1.0}})
    steps = judge_case(case(request()), 0.0, [one, other]).document.next_steps
    assert "tcpdump" in steps[0].command
    assert 0.5 < steps[0].gain_bits < 1.6


def test_addresses_are_filled_in() -> None:
    """The command can be copied as it stands."""
    steps = judge_case(case(request()), 0.0).document.next_steps
    assert any("10.0.0.7:8080" in step.command for step in steps)
    assert not any("{" in step.command + step.why for step in steps)


def test_a_check_that_was_made_is_not_proposed() -> None:
    """The access log is there already."""
    steps = judge_case(case(request()), 0.0).document.next_steps
    assert not any("access.log" in step.command for step in steps)


@pytest.mark.parametrize("suspect", all_suspects(), ids=lambda s: s.name)
def test_expectations_name_real_outcomes(suspect: object) -> None:
    """Each expectation refers to a check and outcomes that exist, and its probabilities make sense."""
    for check, named in suspect.expects.items():  # type: ignore[attr-defined]
        assert set(named) <= set(CHECKS[check].outcomes)
        assert sum(named.values()) <= 1.0 + 1e-9
        assert isclose(sum(likelihoods(named, CHECKS[check].outcomes).values()), 1.0, abs_tol=1e-6)


def commands(**fields: Any) -> list[str]:
    """What is proposed for a read timeout."""
    timed_out = request(phase=Phase.WAIT, manner=Manner.TIMEOUT, status=504, **fields)
    return [step.command for step in judge_case(case(timed_out), 0.0).document.next_steps]


def test_an_address_without_a_port_makes_a_filter_that_works() -> None:
    """Google and Cloudflare log the target's address alone."""
    found = commands(target="10.0.0.7", proxy="gcp")
    assert "sudo tcpdump -i any -s 128 -w proxy.pcap 'tcp and host 10.0.0.7'" in found
    assert not any("tcp port 10.0.0.7" in command for command in found)


def test_where_nothing_names_a_target_the_commands_still_run() -> None:
    """HAProxy logs the server's name alone."""
    found = commands(target=None, proxy="haproxy", group="shop/web1")
    assert "sudo tcpdump -i any -s 128 -w proxy.pcap tcp" in found
    assert "sudo why502 collect -o host.tar.zst --duration 60s" in found
    assert not any("PORT" in command for command in found)


def test_nobody_captures_a_unix_socket() -> None:
    """Its listener is looked at instead, by its path."""
    found = commands(target="unix:/run/api.sock", proxy="nginx")
    assert "ss -xlnp | grep -F -- /run/api.sock" in found
    assert not any("tcpdump" in command for command in found)


@pytest.mark.parametrize("target", ["unix:/x;reboot", "unix:/$(reboot)", "unix:/`reboot`'\"", "unix:/a\nreboot"])
def test_a_sockets_path_is_one_word_of_the_shell(target: str) -> None:
    """People paste these lines into a shell, and a log is a stranger's."""
    (found,) = (command for command in commands(target=target, proxy="nginx") if command.startswith("ss "))
    assert found.splitlines() == [found]
    assert shlex.split(found) == ["ss", "-xlnp", "|", "grep", "-F", "--", target[5:].replace("\n", "?")]
    assert list(shlex.shlex(found, posix=True, punctuation_chars=True))[2:4] == ["|", "grep"]
    assert [word for word in shlex.shlex(found, punctuation_chars=True) if word in {";", "&&", "|"}] == ["|"]


@pytest.mark.parametrize("target", ["x:80'$(reboot)'", "[fe80::1%$(id)]:80", "x;reboot:80", "or not tcp", "-i:80"])
def test_what_can_be_no_name_is_left_out_of_commands(target: str) -> None:
    found = commands(target=target, proxy="haproxy")
    assert "sudo tcpdump -i any -s 128 -w proxy.pcap tcp" in found
    assert "sudo why502 collect -o host.tar.zst --duration 60s" in found
    assert not any(part in command for command in found for part in ("reboot", "id)", "or not", "-i:"))


@pytest.mark.parametrize("proxy", ["alb", "gcp", "cloudfront", "envoy", "haproxy", "varnish"])
def test_a_log_that_does_not_exist_is_not_asked_for(proxy: str) -> None:
    """Managed balancers give no error log, Envoy, HAProxy and Varnish say all in one."""
    assert not any("error.log" in command for command in commands(proxy=proxy))


def test_a_capture_of_a_managed_balancer_is_made_at_the_target() -> None:
    """Nobody can run tcpdump on it."""
    steps = judge_case(case(request(proxy="alb")), 0.0).document.next_steps
    assert any("run on the target's host" in step.why for step in steps if "tcpdump" in step.command)
