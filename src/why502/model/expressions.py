"""Regular expressions that are compiled when they are first asked.

Python takes a third of a millisecond for each of them; the readers know hundreds, and most evidence needs a few.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Expression:
    """Answers as `re.Pattern` does; a method that was asked once is that of the compiled expression."""

    __slots__ = ("_compiled", "_flags", "_text", "findall", "finditer", "fullmatch", "match", "search", "split", "sub")

    def __init__(self, text: str | bytes, flags: int) -> None:
        self._text, self._flags = text, flags

    def __getattr__(self, name: str) -> Any:
        """What is not set yet."""
        if name == "_compiled":
            self._compiled = re.compile(self._text, self._flags)
            return self._compiled
        asked = getattr(self._compiled, name)
        if name in self.__slots__:
            setattr(self, name, asked)
        return asked


def expression(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, and for constants: an error in the expression shows when it is first used."""
    return cast("re.Pattern[AnyStr]", _Expression(text, flags))
