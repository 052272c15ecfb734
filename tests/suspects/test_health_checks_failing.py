from __future__ import annotations

from why502.facts.clusters import clusters
from why502.facts.scene import Basis, Cluster, Scene
from why502.model.case import Case, Series
from why502.model.evidence import Place
from why502.model.requests import Manner, Phase
from why502.suspects.health_checks_failing import judge
from why502.suspects.interface import Weighed


def series(name: str, group: str, *values: float) -> Series:
    points = tuple((60.0 * number, value) for number, value in enumerate(values))
    return Series(name, Place("metrics.json", mark="#", name=group), points)


def judged(*metrics: Series) -> Weighed:
    cluster = Cluster(Basis.METRICS, None, None, Phase.NO_TARGET, Manner.UNKNOWN, None, 1, (), None)
    answer = judge(Scene(case=Case(metrics=metrics), cluster=cluster, traffic=None, wire=None, listeners=()))
    assert isinstance(answer, Weighed)
    return answer


def test_one_unhealthy_group_of_two_is_enough() -> None:
    """In whatever order the groups come, the worst one counts and is named."""
    ill, well = series("UnHealthyHostCount", "shop", 0, 2, 0), series("UnHealthyHostCount", "blog", 0, 0, 0)
    for metrics in ((ill, well), (well, ill)):
        answer = judged(*metrics)
        assert answer.bits > 0
        assert "2 targets" in answer.summary
        assert "shop" in answer.summary


def test_groups_of_different_sizes_are_not_compared_with_each_other() -> None:
    """Five healthy targets here and two there, all the time, are no loss."""
    answer = judged(series("HealthyHostCount", "shop", 5, 5), series("HealthyHostCount", "blog", 2, 2))
    assert answer.bits < 0


def test_failures_of_all_balancers_count() -> None:
    """Two series of one name are added up."""
    case = Case(
        metrics=(series("HTTPCode_ELB_502_Count", "a", 3, 0), series("HTTPCode_ELB_502_Count", "b", 0, 4)),
    )
    assert [c.count for c in clusters(case, [])] == [7]
