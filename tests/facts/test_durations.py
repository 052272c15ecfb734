from __future__ import annotations

from typing import Any

from tests.making import request
from why502.facts.durations import SameDuration, same_durations
from why502.facts.told_limits import NOTHING_TOLD, Told
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase, Side
from why502.model.settings import Limit, Setting, TargetSetting, Timer
from why502.model.traffic import FailedRequest


def same(
    times: list[float], settings: tuple[Setting, ...] = (), limits: Told = NOTHING_TOLD, **fields: Any
) -> tuple[SameDuration, ...]:
    made = {"manner": Manner.TIMEOUT, "wait_s": None, **fields}
    failures = [FailedRequest(request(100.0 * i, total_s=t, **made)) for i, t in enumerate(times)]
    return same_durations(failures, settings, limits)


def test_a_default_timeout_is_named() -> None:
    """Six connects that ALB gave up after its 10 s."""
    (found,) = same([10.001, 10.002, 10.0, 10.003, 10.002, 10.004], phase=Phase.CONNECT)
    assert (found.failures, found.alike) == (6, 6)
    assert str(found.due) == "ALB's connect timeout (cannot be set)"


def test_a_multiple_is_that_of_retries() -> None:
    """nginx tried three targets of 60 s each."""
    (found,) = same([180.0, 180.1, 180.05], proxy="nginx")
    assert str(found.due) == "3 times 60 s, nginx's proxy_read_timeout, if it is the default"


def test_two_timeouts_are_told_apart() -> None:
    """Of one phase: a configured one that nobody knows, and the default."""
    found = same([60.0, 60.01, 60.02, 60.0, 25.0, 25.01, 25.02])
    assert [(round(f.seconds), f.failures, f.due is None) for f in found] == [(60, 4, False), (25, 3, True)]
    assert "whose timer that is the log does not tell" in str(found[1])


def test_what_the_target_cut_is_no_timer_of_the_proxy() -> None:
    """Connections cut after 30 s each: gunicorn kills a worker then."""
    (found,) = same([30.1, 30.15, 30.2, 30.12], manner=Manner.CUT)
    assert "gunicorn" in str(found.due)


def harakiri(value: float) -> Told:
    """Of the one server that requests went to, which looks once a second."""
    limit = TargetSetting("uWSGI", "harakiri", Limit.WORK, value, Place("uwsgi.ini", 4), late_s=2.0)
    return Told((limit,), frozenset({"8080"}))


def test_a_worker_that_its_server_kills_lasts_a_little_longer() -> None:
    """As late as its server looks, which is no single time; the default of another server is not named."""
    (found,) = same([20.1, 20.7, 21.3, 21.9, 3.0], limits=harakiri(20), manner=Manner.CUT)
    assert (found.failures, found.alike, str(found.due)) == (4, 5, "harakiri 20 s of uWSGI [uwsgi.ini:4]")
    (other,) = same([30.1, 30.15, 30.2, 30.12], limits=harakiri(20), manner=Manner.CUT)
    assert other.due is None
    assert "which is not the harakiri 20 s of uWSGI" in str(other)


def test_what_the_gateway_gave_up_no_server_killed() -> None:
    """A timeout of the proxy that equals it by chance; and few agreements among many other times."""
    (found,) = same([20.1, 20.1, 20.1], limits=harakiri(20))
    assert found.due is None
    assert same([20.1, 20.9, 21.8, 1.5, 3.1, 5.2, 7.4], limits=harakiri(20), manner=Manner.CUT) == ()


def test_times_that_differ_are_no_timer() -> None:
    """Nor are short ones, or those of the target's own errors."""
    assert same([11.0, 17.0, 23.0, 31.0]) == ()
    assert same([0.2, 0.2, 0.2, 0.2]) == ()
    assert same([30.0] * 5, side=Side.TARGET) == ()


def test_earlier_than_the_timer_is_not_the_timer() -> None:
    """9.4 s cannot be a timeout of 10 s."""
    (found,) = same([9.4, 9.41, 9.42], phase=Phase.CONNECT)
    assert found.due is None


def setting(name: str, seconds: float, *timers: Timer, proxy: str = "nginx", **fields: Any) -> Setting:
    return Setting(proxy, name, timers, Place("nginx.conf", 7), seconds, **fields)


def test_a_configured_timer_comes_before_the_default() -> None:
    """5 s are set, and 5 s they took: named with its place; the default of 60 s does not hold then."""
    known = (setting("proxy_read_timeout", 5.0, Timer.WAIT),)
    (found,) = same([5.001, 5.002, 5.0], proxy="nginx", settings=known)
    assert found.due is not None
    assert found.due.configured
    assert str(found).endswith("took 5.00 s: proxy_read_timeout 5 s [nginx.conf:7]")
    (found,) = same([60.001, 60.002, 60.0], proxy="nginx", settings=known)
    assert found.due is None
    assert str(found).endswith("which is not the proxy_read_timeout 5 s [nginx.conf:7] of the configuration given")


def test_what_is_set_for_one_place_leaves_the_default_to_others() -> None:
    """Only a location has 5 s."""
    known = (setting("proxy_read_timeout", 5.0, Timer.WAIT, scope="location /slow"),)
    (found,) = same([60.001, 60.002, 60.0], proxy="nginx", settings=known)
    assert str(found.due) == "nginx's proxy_read_timeout, if it is the default"
    (found,) = same([5.001, 5.002, 5.0], proxy="nginx", settings=known)
    assert str(found.due) == "proxy_read_timeout 5 s in location /slow [nginx.conf:7]"


def test_timers_of_other_backends_phases_and_proxies_do_not_count() -> None:
    """Nor does one that is switched off."""
    for other in (
        setting("timeout server", 5.0, Timer.WAIT, proxy="haproxy", group="other", scope="backend other"),
        setting("timeout connect", 5.0, Timer.CONNECT, proxy="haproxy"),
        setting("proxy_read_timeout", 5.0, Timer.WAIT),
        setting("timeout server", 0.0, Timer.WAIT, proxy="haproxy"),
    ):
        (found,) = same([5.0, 5.0, 5.0], proxy="haproxy", group="shop/a", settings=(other,))
        assert found.due is None
    own = setting("timeout server", 5.0, Timer.WAIT, proxy="haproxy", group="shop", scope="backend shop")
    (found,) = same([5.0, 5.0, 5.0], proxy="haproxy", group="shop/a", settings=(own,))
    assert str(found.due) == "timeout server 5 s in backend shop [nginx.conf:7]"


def test_tries_say_which_multiples_there_can_be() -> None:
    """Measured with HAProxy 2.6: `timeout connect 2s`, `retries 3`, gone after 8.005 s; with one retry it is 4 s."""
    connect = setting("timeout connect", 2.0, Timer.CONNECT, proxy="haproxy")
    tries = {n: Setting("haproxy", "retries", (Timer.CONNECT,), Place("h", 1), tries=n) for n in (2, 4)}
    for number, times in ((4, 4), (2, None)):
        known = (connect, tries[number])
        (found,) = same([8.005, 8.004, 8.006], proxy="haproxy", phase=Phase.CONNECT, settings=known)
        assert (found.due.times if found.due else None) == times


def test_refused_connects_of_haproxy_took_its_pauses() -> None:
    """Measured with HAProxy 2.6: refused, `retries 3`: 3.004 s, three pauses of 1 s and no timer."""
    (found,) = same([3.004, 3.003, 3.004], proxy="haproxy", phase=Phase.CONNECT, manner=Manner.UNKNOWN)
    assert str(found.due) == "3 times 1 s, HAProxy's pause before each retry: every connect failed at once"
