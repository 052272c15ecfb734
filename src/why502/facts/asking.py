"""Questions to a table, written with Ibis and made by it only where their SQL is not known yet.

Ibis takes a second to load and to compile what `facts.traffic_columns` asks. So `ibis` and `_` of this module only take
down what is said to them; the engine looks the words up among those it has compiled before, and has Ibis make them
where they are new. Numbers of 64 bits that an operator gets (times, widths) are no part of the words: they are
filled in.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

FILLED_IN_FROM: Final = 2**31
"""Smaller numbers can decide the type of a result, and there are few of them."""

_STANDS_FOR: Final = 8_502_503_504_000_000_000
"""Plus its place among the numbers: what stands in the SQL for each."""

_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    name: getattr(operator, name)
    for name in (
        *("__add__", "__sub__", "__mul__", "__floordiv__", "__mod__", "__and__", "__or__", "__invert__", "__neg__"),
        *("__lt__", "__le__", "__gt__", "__ge__", "__eq__", "__ne__"),
    )
}


class Asked:
    """An expression that was said; every other name is one of Ibis or of a column."""

    __slots__ = ("kind_", "parts_")

    def __init__(self, kind: str, *parts: object) -> None:
        self.kind_, self.parts_ = kind, parts

    def __getattr__(self, name: str) -> Asked:
        if name.startswith("__"):
            raise AttributeError(name)
        return Asked("attribute", self, name)

    def __call__(self, *args: object, **named: object) -> Asked:
        return Asked("call", self, args, named)

    def __getitem__(self, name: str) -> Asked:
        return Asked("item", self, name)

    __hash__ = object.__hash__


def _operation(name: str) -> Callable[..., Asked]:
    return lambda *operands: Asked("operator", name, operands)


def _reflected(name: str) -> Callable[[Asked, object], Asked]:
    return lambda right, left: Asked("operator", name, (left, right))


for _name in _OPERATORS:
    setattr(Asked, _name, _operation(_name))
for _name in ("add", "sub", "mul"):
    setattr(Asked, f"__r{_name}__", _reflected(f"__{_name}__"))

ibis: Final = Asked("module")
_: Final = Asked("row")


def table(name: str, made_from: str) -> Asked:
    """A table of the engine; two of one name are the same if they were made from the same words."""
    return Asked("table", name, made_from)


class Words:
    """What was said, as text that is equal for equal questions, and the numbers to be filled in."""

    def __init__(self, question: Asked) -> None:
        self.numbers: list[int] = []
        self._lines: list[str] = []
        self._told: dict[int, str] = {}
        self._tell(question)
        self.text = "\n".join(self._lines)

    def filled(self, sql: str) -> str:
        """The SQL with the numbers of this question."""
        for place, number in enumerate(self.numbers):
            sql = sql.replace(str(_STANDS_FOR + place), str(number))
        return sql

    def _tell(self, it: object) -> str:
        if isinstance(it, Asked):
            if id(it) not in self._told:
                parts = " ".join(self._tell(part) for part in _operands(it))
                self._lines.append(f"{it.kind_} {parts}")
                self._told[id(it)] = f"#{len(self._lines)}"
            return self._told[id(it)]
        if isinstance(it, _Number):
            self.numbers.append(it.value)
            return "a number"
        if isinstance(it, (list, tuple)):
            return f"[{' '.join(map(self._tell, it))}]"
        if isinstance(it, dict):
            return f"{{{' '.join(f'{name}={self._tell(value)}' for name, value in it.items())}}}"
        return repr(it)


class Maker:
    """Has Ibis make what was said."""

    def __init__(self, module: object, table_of: Callable[[str], object]) -> None:
        self._module, self._table_of = module, table_of
        self._made: dict[int, object] = {}
        self._numbers = 0

    def make(self, it: object) -> Any:
        if isinstance(it, Asked):
            if id(it) not in self._made:
                self._made[id(it)] = self._new(it)
            return self._made[id(it)]
        if isinstance(it, _Number):
            self._numbers += 1
            return _STANDS_FOR + self._numbers - 1
        if isinstance(it, (list, tuple)):
            return type(it)(map(self.make, it))
        if isinstance(it, dict):
            return {name: self.make(value) for name, value in it.items()}
        return it

    def _new(self, it: Asked) -> object:
        match it.kind_:
            case "module":
                return self._module
            case "row":
                return self._module._  # type: ignore[attr-defined]
            case "table":
                return self._table_of(str(it.parts_[0]))
        parts = [self.make(part) for part in _operands(it)]
        match it.kind_:
            case "attribute":
                return getattr(parts[0], parts[1])
            case "item":
                return parts[0][parts[1]]
            case "call":
                return parts[0](*parts[1], **parts[2])
        return _OPERATORS[parts[0]](*parts[1])


class _Number:
    """One to be filled in."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value


def _operands(it: Asked) -> tuple[object, ...]:
    """The parts; both `Words` and `Maker` meet the numbers among them in this order."""
    if it.kind_ != "operator":
        return it.parts_
    name, operands = it.parts_
    assert isinstance(operands, tuple)
    return name, tuple(_Number(o) if type(o) is int and abs(o) >= FILLED_IN_FROM else o for o in operands)
