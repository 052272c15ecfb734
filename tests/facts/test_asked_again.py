from __future__ import annotations

from why502.facts.asked_again import asked_again
from why502.model.case import Window


def test_the_last_object_is_not_looked_at_again() -> None:
    """The same object; another one is looked at even if it is equal."""
    looked: list[Window] = []

    @asked_again
    def width_s(window: Window) -> float:
        looked.append(window)
        return window.to_s - window.from_s

    first, equal, other = Window(1.0, 3.0), Window(1.0, 3.0), Window(0.0, 7.0)
    assert [width_s(window) for window in (first, first, equal, equal, other, first)] == [2.0, 2.0, 2.0, 2.0, 7.0, 2.0]
    assert [id(window) for window in looked] == [id(window) for window in (first, equal, other, first)]
