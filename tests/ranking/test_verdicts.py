"""Verdicts: which clusters they hold, and their remedies as they are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.making import case, fault, request
from why502.model.evidence import Evidence, Place, Source
from why502.model.requests import Manner
from why502.model.verdict import Remedy
from why502.ranking import judge_case
from why502.suspects.interface import Judgement, Kind, Suspect, Weighed

if TYPE_CHECKING:
    from why502.facts.scene import Scene


@pytest.mark.parametrize(
    ("target", "command"),
    [
        ("10.0.0.7:8443", "openssl s_client -connect 10.0.0.7:8443"),
        ("[fd00::7]:8443", "openssl s_client -connect '[fd00::7]:8443'"),
        ("x;reboot;PORT:8443", "openssl s_client -connect 'x;reboot;PORT:8443'"),
        ("x$(reboot):8443", "openssl s_client -connect 'x$(reboot):8443'"),
        ("unix:/run/shop.sock", "openssl s_client -connect ADDRESS:PORT"),
        (None, "openssl s_client -connect ADDRESS:PORT"),
    ],
)
def test_the_targets_address_stands_in_the_commands_of_remedies(target: str | None, command: str) -> None:
    remedies = (Remedy("Try it.", "openssl s_client -connect ADDRESS:PORT"), Remedy("Look."))
    diagnosis = judge_case(case(request(target=target)), 0.0, [fault("a", 9.0, remedies=remedies)])
    assert [r.command for r in diagnosis.document.verdicts[0].remedies] == [command, None]


def test_an_address_alone_has_no_brackets() -> None:
    remedies = (Remedy("Look.", "ip route get ADDRESS"),)
    diagnosis = judge_case(case(request(target="[fd00::7]:80")), 0.0, [fault("a", 9.0, remedies=remedies)])
    assert diagnosis.document.verdicts[0].remedies[0].command == "ip route get fd00::7"


def weighing(name: str, **bits: float) -> Suspect:
    """A fault that weighs each manner of failing otherwise."""

    def judge(scene: Scene) -> Judgement:
        return Weighed((Evidence(bits[scene.cluster.manner], "seen", Source.ACCESS_LOG, Place("a.log", 1)),), "It did.")

    return Suspect(name=name, kind=Kind.FAULT, title=name, prior=0.1, judge=judge)


STOPPED, DIED = weighing("stopped", reset=9.0, cut=6.0), weighing("died", reset=0.0, cut=6.3)


@pytest.mark.parametrize(
    ("later_s", "target", "named"),
    [(2.0, "a:1", ["stopped"]), (900.0, "a:1", ["stopped", "died"]), (2.0, "b:1", ["stopped", "died"])],
)
def test_what_wavers_is_settled_by_what_is_proved_beside_it(later_s: float, target: str, named: list[str]) -> None:
    """Not so at another time, or on another target."""
    proved = [request(100.0 + n, target="a:1", manner=Manner.RESET) for n in range(3)]
    wavering = request(100.0 + later_s, target=target, manner=Manner.CUT)
    diagnosis = judge_case(case(*proved, wavering), 0.0, [STOPPED, DIED])
    assert [v.cause for v in diagnosis.document.verdicts] == named
    assert sum(v.failures for v in diagnosis.document.verdicts) == 4


def test_what_is_sure_of_itself_stays_what_it_is() -> None:
    """Two faults on one target at one time are two verdicts."""
    requests = [request(100.0 + n, manner=manner) for n, manner in enumerate((Manner.RESET, Manner.RESET, Manner.CUT))]
    diagnosis = judge_case(case(*requests), 0.0, [STOPPED, weighing("died", reset=0.0, cut=12.0)])
    assert [v.cause for v in diagnosis.document.verdicts] == ["stopped", "died"]


def test_what_the_evidence_tells_stands_in_the_commands_of_remedies() -> None:
    """As whole words only: what it does not tell stays to be filled in."""

    def judge(_: Scene) -> Judgement:
        seen = Evidence(9.0, "seen", Source.HOST, Place("host.json", 1))
        return Weighed((seen,), "It did.", fills={"PID": "350"})

    remedies = (Remedy("Look.", "ls -l /proc/PID/fd RAPID LIMIT"),)
    suspect = Suspect(name="a", kind=Kind.FAULT, title="a", prior=0.1, judge=judge, remedies=remedies)
    verdict = judge_case(case(request()), 0.0, [suspect]).document.verdicts[0]
    assert verdict.remedies[0].command == "ls -l /proc/350/fd RAPID LIMIT"


@pytest.mark.parametrize(
    ("fields", "targets"),
    [({}, ("10.0.0.7:8080",)), ({"proxy": "haproxy", "target": None, "group": "shop/web1"}, ("shop/web1",))],
)
def test_what_is_not_determined_says_when_and_where(fields: dict[str, Any], targets: tuple[str, ...]) -> None:
    """HAProxy logs the names of its servers and no addresses."""
    (cluster,) = judge_case(case(request(100.0, **fields), request(104.0, **fields)), 0.0, []).undetermined
    assert cluster.targets == targets
    assert (cluster.since, cluster.until) == ("1970-01-01T00:01:40.000Z", "1970-01-01T00:01:44.000Z")


def test_the_summary_of_several_targets_names_them_all() -> None:
    """It speaks of one of them; the others are no less struck."""

    def judge(scene: Scene) -> Judgement:
        evidence = Evidence(9.0, "seen", Source.ACCESS_LOG, Place("a.log", 1))
        return Weighed((evidence,), f"{scene.cluster.target} was restarted.")

    suspect = Suspect(name="a", kind=Kind.FAULT, title="a", prior=0.1, judge=judge)
    (verdict,) = judge_case(case(request(target="a:1"), request(target="a:12")), 0.0, [suspect]).document.verdicts
    assert verdict.summary in ("a:1 was restarted. Likewise at a:12.", "a:12 was restarted. Likewise at a:1.")
