"""Argo CD: applications with their history, as `argocd app get NAME -o json` and `kubectl get applications -o json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from why502.model.case import Misread
from why502.model.evidence import Place
from why502.sources.changes.records import changed, decoded, document, reading, when
from why502.sources.interface import EvidenceFile, Reader, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.sources.changes.records import Fact

KIND: Final = "argocd-history"


class _Deployed(Struct, frozen=True, rename="camel"):
    """`RevisionHistory` of `application_types.go` (argoproj/argo-cd, pkg/apis/application/v1alpha1)."""

    deployed_at: str
    deploy_started_at: str | None = None
    revision: str = ""
    revisions: tuple[str, ...] = ()
    """Of an application with several sources."""


class _Metadata(Struct, frozen=True):
    name: str = ""


class _Status(Struct, frozen=True):
    history: tuple[msgspec.Raw, ...] = ()


class _Application(Struct, frozen=True):
    metadata: _Metadata = _Metadata()
    status: _Status = _Status()


class _Document(_Application, frozen=True):
    """One application, or a list of them."""

    items: tuple[_Application, ...] = ()


def fit(head: bytes) -> float:
    """An application's own kind, or a history with the word that nothing else has."""
    begun = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    known = b"argoproj.io/" in head and b'"Application' in head
    return float(begun and (known or (b'"deployedAt"' in head and b'"history"' in head)))


def read(evidence: EvidenceFile) -> Reading:
    """The begin of each roll-out, and its end."""
    return reading(evidence.path, KIND, _records(evidence))


def _records(evidence: EvidenceFile) -> Iterator[tuple[Fact, ...] | Misread]:
    shape: Any = _Document | tuple[_Application, ...]
    found: _Document | tuple[_Application, ...] | Misread = document(evidence, shape)
    if isinstance(found, Misread):
        yield found
        return
    applications = found if isinstance(found, tuple) else (found, *found.items)
    number = 0
    for application in applications:
        for raw in application.status.history:
            number += 1
            place = Place(evidence.path, number, "#")
            deployed = decoded(raw, _Deployed, place)
            yield deployed if isinstance(deployed, Misread) else _facts(application.metadata.name, deployed, place)


def _facts(name: str, deployed: _Deployed, place: Place) -> tuple[Fact, ...] | Misread:
    revision = deployed.revision or ", ".join(deployed.revisions)
    begin_s, end_s = when(deployed.deploy_started_at), when(deployed.deployed_at)
    if end_s is None:
        return Misread(place, "a deployment without a time")
    ended = changed(end_s, f"Argo CD deployed {name} {revision}", place)
    return (changed(begin_s, f"Argo CD began to deploy {name} {revision}", place), ended) if begin_s else (ended,)


READER: Final = Reader(KIND, fit, read)
