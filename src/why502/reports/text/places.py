"""Places as short as they can be said: the folder that all evidence shares stands once, above the inputs."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from msgspec import structs

from why502.model.expressions import expression

if TYPE_CHECKING:
    from why502.model.verdict import Diagnosis, EvidenceLine, Link, VerdictLine

_SERVICE: Final = expression(r"[a-z0-9]+:")
"""What was asked of a service, and is no file: `s3://bucket/key`, `cloudwatch:app/shop/50dc6c495c0c9188`."""
LONGEST: Final = 44
"""Characters of a place on a terminal. Balancers name their files with a hundred, of which the end tells them apart."""


def shared_folder(diagnosis: Diagnosis) -> str:
    """The folder of all inputs that lie in one, with a slash at the end; '' if they share none."""
    paths = (line.path for line in diagnosis.document.inputs)
    folders = {posixpath.dirname(path) for path in paths if "/" in path and _SERVICE.match(path) is None}
    mixed = {posixpath.isabs(folder) for folder in folders} == {True, False}
    shared = "" if mixed or not folders else posixpath.commonpath(folders)
    return f"{shared}/" if shared.strip("/") else ""


def shortened(diagnosis: Diagnosis, *, elide: bool) -> Diagnosis:
    """The same with places as seen from the shared folder; with `elide` only the end of long ones."""
    folder = shared_folder(diagnosis)

    def short(at: str) -> str:
        near = at.removeprefix(folder)
        return f"…{near[1 - LONGEST :]}" if elide and len(near) > LONGEST else near

    def line(evidence: EvidenceLine) -> EvidenceLine:
        return structs.replace(evidence, at=short(evidence.at))

    def verdict(told: VerdictLine) -> VerdictLine:
        return structs.replace(told, evidence=tuple(map(line, told.evidence)))

    def link(told: Link) -> Link:
        return structs.replace(told, at=short(told.at)) if told.at else told

    document = diagnosis.document
    return structs.replace(
        diagnosis,
        document=structs.replace(document, verdicts=tuple(map(verdict, document.verdicts))),
        chains=tuple(tuple(map(link, links)) for links in diagnosis.chains),
    )
