"""`make new-suspect NAME=some-cause`: the file and the folders of its cases, ready to be filled in."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

MODULE = '''"""{title}

What happens
------------
(What goes on in the machine, in three sentences.)

How it looks from the proxy
---------------------------
(Status, phase, times.)

What gives it away
------------------
(Observations that convict.)

What clears it
--------------
(Observations that rule it out.)

What to do
----------
(The remedy.)

Sources
-------
(Kernel function, proxy source file, document.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.evidence import Source
from why502.suspects.interface import CannotTell, Judgement, Kind, Suspect

if TYPE_CHECKING:
    from why502.facts.scene import Scene


def judge(scene: Scene) -> Judgement:
    return CannotTell((Source.CAPTURE,), f"not judged yet: {{scene.cluster.phase}}")


SUSPECT = Suspect(
    name="{name}",
    kind=Kind.FAULT,
    title="(one line)",
    prior=0.02,
    judge=judge,
)
'''

EXPECT = """evidence = ["access.log"]
exit = {exit}
"""


def main(name: str) -> int:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        sys.stderr.write("a suspect's name is lower case words joined by '-', e.g. accept-queue-overflow\n")
        return 2
    module = ROOT / "src" / "why502" / "suspects" / f"{name.replace('-', '_')}.py"
    if module.exists():
        sys.stderr.write(f"{module.relative_to(ROOT)} exists already\n")
        return 2
    module.write_text(MODULE.format(title=name.replace("-", " ").capitalize(), name=name))
    for case, status in (("first", 1), ("look_alike_clean", 3)):
        folder = ROOT / "tests" / "cases" / name / case
        folder.mkdir(parents=True)
        (folder / "expect.toml").write_text(EXPECT.format(exit=status))
    sys.stdout.write(f"fill in {module.relative_to(ROOT)} and tests/cases/{name}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ""))
