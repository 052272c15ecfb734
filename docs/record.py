"""`python -m docs.record FOLDER...`: what causes look like, recorded by `why502 lab matrix -o FOLDER`.

For each cause whose recording was diagnosed rightly it writes docs/seen/CAUSE.json (log lines by proxy, words of
the host) and docs/seen/CAUSE.svg (the packets of one failed conversation). `make docs` puts them on the cause's page.
"""

from __future__ import annotations

import gzip
import re
import sys
from collections import Counter, defaultdict
from itertools import filterfalse, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from jinja2 import Environment

from why502.diagnosis import diagnose
from why502.errors import Why502Error
from why502.reports import ladder
from why502.reports.legible import legible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.verdict import Diagnosis, Ladder, Link

SEEN = Path(__file__).parent / "seen"
BUNDLE = re.compile(r"(?P<cause>[a-z0-9-]+)-(?P<proxy>[a-z]+)-\d+")
CHATTER = re.compile(r"\bnotice\b|\binfo\b", re.IGNORECASE)
"""Levels of lines that a proxy writes when it starts."""
LONGEST_LINE = 600
MOST_ERROR_LINES = 2
FROM_HOST = {"listener", "process", "setting"}


class Lines(msgspec.Struct):
    """What one proxy wrote."""

    access: list[str] = []
    error: list[str] = []


class Seen(msgspec.Struct):
    """What one cause looked like, file `CAUSE.json`."""

    logs: dict[str, Lines] = {}
    """By proxy."""
    host: list[str] = []
    wire: str = ""
    """Caption of `CAUSE.svg`; empty: there is none."""


PICTURE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 {{ height }}"
  font-family="sans-serif" font-size="12">
<style>
  .life { stroke: #c8ccd2; stroke-width: 2 } text { fill: #444b55 } .end, .flags, .pause { text-anchor: middle }
  .end { font-weight: 600 } .when { text-anchor: end } path { fill: none; stroke: #3566b8; stroke-width: 1.4 }
  .lost path { stroke-dasharray: 4 3 } .alarming path { stroke: #c0392b } .alarming .flags { fill: #c0392b }
</style>
<rect width="900" height="{{ height }}" fill="#fff"/>
<text class="end" x="190" y="16">proxy</text><text class="end" x="560" y="16">target</text>
<line class="life" x1="190" y1="24" x2="190" y2="{{ height }}"/>
<line class="life" x1="560" y1="24" x2="560" y2="{{ height }}"/>
{% for rung in rungs %}
{% if rung.kind == "break" %}
<text class="pause" x="375" y="{{ rung.y_px + 4 }}">{{ rung.text }}</text>
{% else %}
<g class="{{ 'alarming' if rung.alarming else 'calm' }}{{ ' lost' if rung.kind == 'lost' }}">
  <text class="when" x="100" y="{{ rung.y_px + 4 }}">{{ "%.6f" % rung.at_s }}</text>
  <text class="when" x="170" y="{{ rung.y_px + 4 }}">#{{ rung.number }}</text>
{% if rung.from_proxy %}
  <path d="M190 {{ rung.y_px }}H{{ 420 if rung.kind == "lost" else 558 }}m-7 -4l7 4l-7 4"/>
{% else %}
  <path d="M560 {{ rung.y_px }}H{{ 330 if rung.kind == "lost" else 192 }}m7 -4l-7 4l7 4"/>
{% endif %}
  <text class="flags" x="375" y="{{ rung.y_px - 5 }}">{{ rung.text }}</text>
  <text x="574" y="{{ rung.y_px + 4 }}">{{ rung.note }}</text>
</g>
{% endif %}
{% endfor %}
</svg>
"""


def main(folders: list[str]) -> int:
    seen: dict[str, Seen] = defaultdict(Seen)
    drawn: dict[str, Ladder] = {}
    for bundle in sorted(path for folder in folders for path in Path(folder).rglob("*") if path.is_dir()):
        named = BUNDLE.fullmatch(bundle.name)
        if not named:
            continue
        cause, proxy = named["cause"], named["proxy"]
        for place, diagnosis in _right(bundle, cause):
            _take(seen[cause], proxy, bundle, diagnosis.chains[place])
            example = diagnosis.ladders[place]
            if example is not None and cause not in drawn:
                drawn[cause] = example
    for cause, one in sorted(seen.items()):
        if cause in drawn:
            one.wire = legible(re.sub(r"\[.*/", "[", ladder.caption(drawn[cause])))
            (SEEN / f"{cause}.svg").write_text(_picture(drawn[cause]))
        (SEEN / f"{cause}.json").write_bytes(msgspec.json.format(msgspec.json.encode(one), indent=1) + b"\n")
    sys.stdout.write(f"{len(seen)} causes recorded in {SEEN.name}/\n")
    return 0


def _right(bundle: Path, cause: str) -> Iterator[tuple[int, Diagnosis]]:
    """The diagnosis and the place of the right verdict in it, if there is one."""
    try:
        diagnosis = diagnose([str(bundle)])
    except Why502Error:
        return
    for place, verdict in enumerate(diagnosis.document.verdicts):
        if verdict.cause == cause:
            yield place, diagnosis
            return


def _take(seen: Seen, proxy: str, bundle: Path, chain: tuple[Link, ...]) -> None:
    if proxy not in seen.logs:
        lines = Lines([*_request_line(chain)], [*_error_lines(bundle)])
        if lines.access or lines.error:
            seen.logs[proxy] = lines
    if not seen.host:
        seen.host = [legible(link.text, LONGEST_LINE) for link in chain if link.name in FROM_HOST and link.at]


def _request_line(chain: tuple[Link, ...]) -> Iterator[str]:
    """The line of the access log that the chain begins with."""
    for link in chain:
        path, _, number = (link.at or "").rpartition(":")
        if link.name == "request" and number.isdigit():
            unpack = gzip.open if path.endswith(".gz") else open
            with unpack(path, "rt", errors="replace") as log:
                first, *more = log.read().splitlines()[int(number) - 1 :]
            yield legible(first, LONGEST_LINE)
            # varnishlog tells a request in a block of lines.
            yield from (legible(line, LONGEST_LINE) for line in takewhile(re.compile(r"-+ ").match, more))


def _error_lines(bundle: Path) -> Iterator[str]:
    """One of each of the commonest sentences of the error log."""
    found: Counter[str] = Counter()
    example: dict[str, str] = {}
    for path in sorted(bundle.glob("*error*.log")):
        for line in filterfalse(CHATTER.search, path.read_text(errors="replace").splitlines()):
            shape = re.sub(r"\d+", "0", line)
            found[shape] += 1
            example.setdefault(shape, line)
    for shape, _ in found.most_common(MOST_ERROR_LINES):
        yield legible(example[shape], LONGEST_LINE)


def _picture(example: Ladder) -> str:
    rungs = ladder.rungs(example)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(PICTURE).render(rungs=rungs, height=ladder.height_px(rungs))


if __name__ == "__main__":
    SEEN.mkdir(exist_ok=True)
    sys.exit(main(sys.argv[1:]))
