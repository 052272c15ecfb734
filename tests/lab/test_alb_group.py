from __future__ import annotations

from collections import Counter

from why502.lab.alb_group import Group
from why502.lab.alb_target import UNHEALTHY_AFTER, TargetSettings


def _group(count: int) -> Group:
    return Group([TargetSettings(f"10.0.0.{number}:80", 1.0, 1.0) for number in range(count)], 1.0, 1.0)


def _chosen(group: Group, times: int) -> Counter[str]:
    return Counter(target.settings.address for _ in range(times) if (target := group.choose()))


def test_targets_take_turns() -> None:
    """Round robin, as by default."""
    assert _chosen(_group(3), 9) == {"10.0.0.0:80": 3, "10.0.0.1:80": 3, "10.0.0.2:80": 3}


def test_an_unhealthy_target_is_left_alone_unless_all_are() -> None:
    """Two failed checks in a row; a group without a healthy target fails open."""
    group = _group(2)
    group.targets[0].failed_checks = UNHEALTHY_AFTER
    assert _chosen(group, 4) == {"10.0.0.1:80": 4}
    group.targets[1].failed_checks = UNHEALTHY_AFTER
    assert _chosen(group, 4) == {"10.0.0.0:80": 2, "10.0.0.1:80": 2}


def test_without_a_registered_target_there_is_none_to_choose() -> None:
    """Until they are registered again."""
    group = _group(2)
    group.deregister()
    assert group.choose() is None
    group.register()
    assert group.choose() is not None
