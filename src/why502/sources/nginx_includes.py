"""`include` of nginx (ngx_conf_file.c, `ngx_conf_include`), among the files that were given as evidence and no others.

A relative name counts from the folder of the main file, an absolute one from the root of a machine that is not here.
So the last parts of the name, as many as fit, are looked for from the folder of the main file on: that holds for a copy
of /etc/nginx, for one of a whole machine, and for files that were put into one folder. Where nothing fits there, a
folder of the same name elsewhere will do, if there is only one: that holds for what is mounted from several places.
"""

from __future__ import annotations

from collections import defaultdict
from fnmatch import fnmatchcase
from functools import partial
from posixpath import basename, dirname, normpath
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.sources.nginx_directives import MAX_DEPTH, Directive, directives

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

MAX_INCLUDES: Final = 8
"""One within the other; nginx itself has no limit, and ends a cycle only with its descriptors."""
MAX_DIRECTIVES: Final = 200_000
MAX_FOLLOWED: Final = 10_000
"""Files that include each other all over would else be read without an end."""
MAX_IN_FILE: Final = 1000
MAX_COMPARED: Final = 500_000
"""Names that are held against an `include`, over all of them: about a second."""
MAX_PARTS: Final = 64
USUAL: Final = frozenset(
    {"mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "koi-utf", "win-utf"}
)
"""Of the distribution; they set nothing that is looked for."""

AVAILABLE: Final = "sites-available"
ENABLED: Final = "sites-enabled"

Blocks = tuple[tuple[str, ...], ...]


class Included(NamedTuple):
    """A directive where it takes effect."""

    path: str
    """The file that it stands in."""
    directive: Directive
    """With the blocks around the `include` that brought it."""


class Missing(NamedTuple):
    """An `include` of which nothing was given."""

    path: str
    line: int
    name: str


class Followed(NamedTuple):
    """What was found."""

    directives: list[Included]
    missing: list[Missing]
    files: list[str]
    """As often as each was gone through."""
    unused: list[str]
    """Sites that are available and not enabled."""


def follow(texts: Mapping[str, str], aliases: Mapping[str, str] | None = None) -> Followed:
    """Every file's directives, each in the places where it is included; those that nobody includes stand alone.

    `aliases`: other names (links), and the files that they lead to.
    """
    parsed = {path: list(directives(text)) for path, text in texts.items()}
    names = {alias: path for alias, path in (aliases or {}).items() if path in parsed} | {path: path for path in parsed}
    known = _Names(names)
    wanted = {path: _wanted(path, found, known) for path, found in parsed.items()}
    children = {child for by_line in wanted.values() for found in by_line.values() for child in found}
    # Files that include each other in a circle, and that nobody else includes, begin with the first.
    roots = [path for path in parsed if path not in children] or list(parsed)[:1]
    unused = [root for root in roots if _is_switched_off(root, names)]
    followed = Followed([], [], [], unused)
    for root in roots:
        if root not in unused:
            _walk(root, (), (), parsed, wanted, followed)
    return followed


def _is_switched_off(path: str, names: Iterable[str]) -> bool:
    """Debian keeps all sites in one folder, and links to those that are enabled in another, which must be given."""
    folder = dirname(path)
    enabled = f"{dirname(folder)}/{ENABLED}/"
    return basename(folder) == AVAILABLE and any(name.startswith(enabled) for name in names)


def _walk(
    path: str,
    blocks: Blocks,
    stack: tuple[str, ...],
    parsed: Mapping[str, list[Directive]],
    wanted: Mapping[str, Mapping[int, list[str]]],
    followed: Followed,
) -> None:
    if len(followed.files) >= MAX_FOLLOWED:
        return
    followed.files.append(path)
    for place, found in enumerate(parsed[path]):
        if len(followed.directives) >= MAX_DIRECTIVES:
            return
        within = (*blocks, *found.blocks)[:MAX_DEPTH]
        if found.words[0] != "include":
            followed.directives.append(Included(path, found._replace(blocks=within)))
            continue
        children = [child for child in wanted[path].get(place, ()) if child not in (*stack, path)]
        if not wanted[path].get(place) and _is_wanted(found):
            missing = Missing(path, found.line, found.words[1])
            followed.missing.extend([missing] if missing not in followed.missing[-64:] else [])
        for child in children if len(stack) < MAX_INCLUDES else ():
            _walk(child, within, (*stack, path), parsed, wanted, followed)


def _is_wanted(found: Directive) -> bool:
    return len(found.words) == 2 and found.words[1].rpartition("/")[2] not in USUAL


class _Names:
    """The names that there are, by their last part; looks at a bounded number of them in all."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self._left = MAX_COMPARED
        self._all = [(name, normpath(name).split("/")) for name in sorted(files)]
        self._by_last: dict[str, list[tuple[str, list[str]]]] = defaultdict(list)
        for name, parts in self._all:
            self._by_last[parts[-1]].append((name, parts))

    @property
    def tired(self) -> bool:
        """Looked at as many as it will."""
        return self._left < 0

    def fitting(self, last: str, wanted: Callable[[list[str]], bool], but: str) -> list[tuple[str, list[str]]]:
        """Those of which `wanted` is true, but never `but` itself; `last` is a pattern of their last part."""
        some = self._all if any(mark in last for mark in "*?[") else self._by_last.get(last, [])
        self._left -= len(some)
        return (
            [] if self.tired else [(name, parts) for name, parts in some if self.files[name] != but and wanted(parts)]
        )


def _wanted(path: str, found: list[Directive], names: _Names) -> dict[int, list[str]]:
    """By the place of each `include`: the files that were given which it names, each once."""
    includes = [
        (place, each.words[1]) for place, each in enumerate(found) if each.words[0] == "include" and each.words[1:]
    ]
    known = {
        place: list(dict.fromkeys(names.files[other] for other in _named(path, name, names)))
        for place, name in includes[:MAX_IN_FILE]
    }
    return {place: files for place, files in known.items() if files}


def _named(path: str, name: str, names: _Names) -> list[str]:
    """In sorted order, as glob(3) gives them; never the file itself."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts or not parts or names.tired:
        return []
    for folder in (dirname(path), dirname(dirname(path))):
        for first in range(min(len(parts), MAX_PARTS)):
            pattern = [*normpath(folder).split("/"), *parts[first:]] if folder else parts[first:]
            if fitting := names.fitting(parts[-1], partial(_fits, pattern), path):
                return [other for other, _ in fitting]
    if len(parts) == 1:
        return []
    elsewhere = names.fitting(parts[-1], lambda its: _fits(parts[-2:], its[-2:]), path)
    return [other for other, _ in elsewhere] if len({tuple(its[:-1]) for _, its in elsewhere}) == 1 else []


def _fits(pattern: list[str], parts: list[str]) -> bool:
    """A star never stands for a '/'."""
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))
