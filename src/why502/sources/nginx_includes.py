"""`include` of nginx (ngx_conf_file.c, `ngx_conf_include`), among the files that were given as evidence and no others.

A relative name counts from the folder of the main file, an absolute one from the root of a machine that is not here.
So the last parts of the name, as many as fit, are looked for from the folder of the main file on: that holds for a copy
of /etc/nginx, for one of a whole machine, and for files that were put into one folder.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from posixpath import dirname, normpath
from typing import TYPE_CHECKING, Final, NamedTuple

from why502.sources.nginx_directives import MAX_DEPTH, Directive, directives

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_INCLUDES: Final = 8
"""One within the other; nginx itself has no limit, and ends a cycle only with its descriptors."""
MAX_DIRECTIVES: Final = 200_000
MAX_FOLLOWED: Final = 10_000
"""Files that include each other all over would else be read without an end."""
MAX_IN_FILE: Final = 1000
USUAL: Final = frozenset(
    {"mime.types", "fastcgi_params", "fastcgi.conf", "uwsgi_params", "scgi_params", "koi-utf", "win-utf"}
)
"""Of the distribution; they set nothing that is looked for."""

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


def follow(texts: Mapping[str, str]) -> Followed:
    """Every file's directives, each in the places where it is included; those that nobody includes stand alone."""
    parsed = {path: list(directives(text)) for path, text in texts.items()}
    wanted = {path: _wanted(path, found, parsed) for path, found in parsed.items()}
    children = {child for by_line in wanted.values() for found in by_line.values() for child in found}
    # Files that include each other in a circle, and that nobody else includes, begin with the first.
    roots = [path for path in parsed if path not in children] or list(parsed)[:1]
    followed = Followed([], [], [])
    for root in roots:
        _walk(root, (), (), parsed, wanted, followed)
    return followed


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


def _wanted(path: str, found: list[Directive], given: Mapping[str, object]) -> dict[int, list[str]]:
    """By the place of each `include`: what it names among the files that were given."""
    includes = [
        (place, each.words[1]) for place, each in enumerate(found) if each.words[0] == "include" and each.words[1:]
    ]
    known = {place: list(_named(path, name, given)) for place, name in includes[:MAX_IN_FILE]}
    return {place: files for place, files in known.items() if files}


def _named(path: str, name: str, given: Mapping[str, object]) -> Iterator[str]:
    """In sorted order, as glob(3) gives them; never the file itself."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        return
    for folder in (dirname(path), dirname(dirname(path))):
        for first in range(len(parts)):
            pattern = [*normpath(folder).split("/"), *parts[first:]] if folder else parts[first:]
            fitting = [other for other in sorted(given) if other != path and _fits(normpath(other).split("/"), pattern)]
            if fitting:
                yield from fitting
                return


def _fits(parts: list[str], pattern: list[str]) -> bool:
    """A star never stands for a '/'."""
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))
