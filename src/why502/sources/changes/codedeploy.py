"""AWS CodeDeploy: what `aws deploy get-deployment` and `batch-get-deployments` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from why502.model.case import Misread
from why502.model.evidence import Place
from why502.sources.changes.records import changed, decoded, document, reading, when
from why502.sources.interface import EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

KIND: Final = "codedeploy"


class _Deployment(Struct, frozen=True, rename="camel"):
    """`DeploymentInfo` of the API reference; its times are ISO 8601 in version 2 of the command, seconds in 1."""

    deployment_id: str
    create_time: str | float
    application_name: str = ""
    deployment_group_name: str = ""
    status: str = ""
    start_time: str | float | None = None
    complete_time: str | float | None = None


class _Answer(Struct, frozen=True, rename="camel"):
    deployment_info: _Deployment | None = None
    deployments_info: tuple[msgspec.Raw, ...] = ()
    deployments: tuple[str, ...] = ()
    """Of `list-deployments`: ids and nothing else."""


def fit(head: bytes) -> float:
    """Their own words, or ids of deployments."""
    words = b'"deploymentInfo"' in head or b'"deploymentsInfo"' in head
    ids = b'"deployments"' in head and b'"d-' in head
    known = (words and b'"deploymentId"' in head) or ids
    return 0.9 if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and known else 0.0


def read(evidence: EvidenceFile) -> Reading:
    """The begin of each deployment, and its end."""
    return reading(evidence.path, KIND, _records(evidence))


def _records(evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    answer = document(evidence, _Answer)
    if isinstance(answer, Misread):
        yield answer
        return
    if answer.deployments:
        why = f"{len(answer.deployments)} ids without their times (aws deploy batch-get-deployments prints them)"
        yield Misread(Place(evidence.path), why)
    if answer.deployment_info is not None:
        yield _facts(answer.deployment_info, Place(evidence.path))
    for number, raw in enumerate(answer.deployments_info, 1):
        place = Place(evidence.path, number, "#")
        deployment = decoded(raw, _Deployment, place)
        yield deployment if isinstance(deployment, Misread) else _facts(deployment, place)


def _facts(deployment: _Deployment, place: Place) -> tuple[Fact, ...] | Misread:
    what = f"{deployment.application_name}/{deployment.deployment_group_name}, deployment {deployment.deployment_id}"
    begin_s = when(deployment.start_time) or when(deployment.create_time)
    end_s = when(deployment.complete_time)
    if begin_s is None:
        return Misread(place, "a deployment without a time")
    begun = changed(begin_s, f"CodeDeploy began {what}", place)
    return (begun, changed(end_s, f"CodeDeploy ended {what}: {deployment.status}", place)) if end_s else (begun,)


READER: Final = Reader(KIND, fit, read)
