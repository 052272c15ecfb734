"""Loads that several scenarios share: pages of a few requests, with a page's cue where something is to happen."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec import structs

from why502.lab.load import Fetch, Page

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = ("users", "orders", "stats", "alerts", "menu", "search")


@dataclass(frozen=True, slots=True)
class Visits:
    """Pages with the same habits."""

    size: tuple[int, int] = (2, 6)
    """Fewest and most requests of a page."""
    idle_s: tuple[float, float] = (0.10, 0.35)
    """Shortest and longest pause before a page."""
    post_share: float = 0.3
    body_bytes: tuple[int, ...] = (300, 600, 2_000)
    spread_s: float = 0.03
    """Within this time all requests of a page begin."""
    answer_s: float = 0.1
    """About how long a page takes; for the length of the plan only."""

    def pages(self, seed: int, duration_s: float) -> tuple[Page, ...]:
        """As many as fit into the time."""
        chance = random.Random(seed)  # noqa: S311 - reproducible, not secret
        planned: list[Page] = []
        left_s = duration_s
        while left_s > 0:
            page = self._page(chance)
            planned.append(page)
            left_s -= page.idle_before_s + self.answer_s
        return tuple(planned)

    def _page(self, chance: random.Random) -> Page:
        fetches = tuple(self._fetch(chance) for _ in range(chance.randint(*self.size)))
        return Page(chance.uniform(*self.idle_s), fetches)

    def _fetch(self, chance: random.Random) -> Fetch:
        path = f"/api/{chance.choice(NAMES)}"
        after_s = chance.uniform(0, self.spread_s)
        if chance.random() < self.post_share:
            return Fetch("POST", path, after_s, chance.choice(self.body_bytes))
        return Fetch("GET", f"{path}?page={chance.randint(1, 40)}", after_s)


def with_cues(pages: tuple[Page, ...], cues: Mapping[float, str]) -> tuple[Page, ...]:
    """Give the cues at these parts of the plan (0 to 1), each before a page begins."""
    at = {min(int(part * len(pages)), len(pages) - 1): name for part, name in cues.items()}
    return tuple(structs.replace(page, cue=at.get(number)) for number, page in enumerate(pages))


def with_cues_during(pages: tuple[Page, ...], cues: Mapping[float, str], after_s: float) -> tuple[Page, ...]:
    """As `with_cues`, but so long after the page was opened, with its requests in flight."""
    at = {min(int(part * len(pages)), len(pages) - 1): (after_s, name) for part, name in cues.items()}
    return tuple(structs.replace(page, cue_during=at.get(number)) for number, page in enumerate(pages))
