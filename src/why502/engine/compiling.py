"""The loops over logs as machine code."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Final, NamedTuple

from why502.engine.machine_code import Compiled, loaded, made_by, object_code

_KERNELS: Final = Path(__file__).with_name("kernels")


class Kernel(NamedTuple):
    """One loop: a function of a module in `engine.kernels`."""

    module: str
    function: str
    types: str
    """What it takes, in Numba's words."""

    @property
    def kept_as(self) -> str:
        return f"{self.function}-{digest()}"


_NUMBERS, _ROWS, _BYTES = "int64[::1]", "int64[:, ::1]", "uint8[::1]"

SCAN: Final = Kernel(
    "scan",
    "scan",
    f"{_BYTES}, int64, {_ROWS}, {_BYTES}, {_NUMBERS}, {_BYTES}, {_ROWS}, {_ROWS}, {_NUMBERS}, {_ROWS}",
)
COUNT_LINES: Final = Kernel("scan", "count_lines", f"{_BYTES}, int64")
COUNT: Final = Kernel(
    "counting", "count", ", ".join((*2 * (_NUMBERS,), "int64", *3 * (_NUMBERS,), _ROWS, *2 * (_NUMBERS,), _ROWS))
)
JOIN_RUNS: Final = Kernel("counting", "join_runs", ", ".join((*4 * (_NUMBERS,), "int64", _NUMBERS, _ROWS)))
DISTINCT: Final = Kernel("distinct", "distinct", ", ".join(4 * (_NUMBERS,)))

KERNELS: Final = (COUNT_LINES, SCAN, COUNT, JOIN_RUNS, DISTINCT)


@cache
def digest() -> str:
    """Of everything that the machine code depends on."""
    ours = _KERNELS.parent.parent
    sources = [*sorted(_KERNELS.glob("*.py")), ours / "formats" / "columns.py", ours / "facts" / "counted.py"]
    content = b"".join(path.read_bytes() for path in sources)
    return sha256(content + f"{made_by()} {KERNELS}".encode()).hexdigest()[:16]


@cache
def compiled(kernel: Kernel) -> Compiled:
    """The loop, compiled in this run or an earlier one."""
    return loaded("logs", kernel.kept_as, lambda: _compiled(kernel))


def _compiled(kernel: Kernel) -> bytes:
    from numba import njit

    function = getattr(import_module(f"why502.engine.kernels.{kernel.module}"), kernel.function)
    return object_code(getattr(function, "py_func", function), f"int64({kernel.types})", njit)
