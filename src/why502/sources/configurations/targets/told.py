"""From settings to a reading, as every configuration of a target does it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from why502.model.case import Input
from why502.model.evidence import Source
from why502.model.settings import TargetSetting
from why502.sources.interface import EvidenceFile, Reading
from why502.sources.nginx_conf import MAX_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from why502.facts.server_options import Option
    from why502.model.evidence import Place


def setting(option: Option, at: Place) -> TargetSetting:
    return TargetSetting(option.server, option.name, option.limit, option.value, at, option.address, option.late_s)


def reading(evidence: EvidenceFile, kind: str, settings: Iterable[TargetSetting]) -> Reading:
    """Each limit is a record."""
    found = tuple(islice(settings, MAX_SETTINGS))
    return Reading(Input(evidence.path, kind, Source.CONFIGURATION if found else None, len(found)), found)
