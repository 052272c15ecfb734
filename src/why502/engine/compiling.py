"""The compiled loops as machine code.

Compiling takes seconds and Numba a third of a second to load, so the object files that Numba makes are kept between
runs (`engine.keeping`), and loaded by LLVM alone. The functions are called by their address, without Python's lock.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import llvmlite
import llvmlite.binding as llvm

from why502.engine.keeping import cache_folder, keep, kept

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.int64] | NDArray[np.uint8]

_KERNELS: Final = Path(__file__).with_name("kernels")
_NUMBA_ALONE: Final = "NRT_MemInfo_call_dtor"
"""Numba's code for counted references names this; kernels that allocate nothing never come to it."""

Compiled = Callable[..., int]


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
    machine = llvm.get_host_cpu_name() + llvm.get_host_cpu_features().flatten()
    made_by = f"{_numba_version()} {llvmlite.__version__} {machine} {KERNELS}".encode()
    return sha256(b"".join(path.read_bytes() for path in sources) + made_by).hexdigest()[:16]


def _numba_version() -> str:
    """As it stands in its own file: to import Numba, or what reads the names of packages, takes longer."""
    found = find_spec("numba")
    assert found
    assert found.origin
    return Path(found.origin).with_name("_version.py").read_text()


@cache
def compiled(kernel: Kernel) -> Compiled:
    """The loop, compiled in this run or an earlier one."""
    folder = cache_folder("logs")
    told = kept(folder, kernel.kept_as)
    if told is None:
        told = _compiled(kernel)
        keep(folder, kernel.kept_as, told)
    symbol, _, code = told.partition(b"\n")
    return _loaded(symbol.decode(), code)


def _compiled(kernel: Kernel) -> bytes:
    """The name of the function, and the object file that holds it."""
    from numba import njit

    function = getattr(import_module(f"why502.engine.kernels.{kernel.module}"), kernel.function)
    function = getattr(function, "py_func", function)
    options: dict[str, Any] = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    made: Any = next(iter(njit(f"int64({kernel.types})", **options)(function).overloads.values()))
    code: bytes = made.library._get_compiled_object()  # noqa: SLF001 - as Numba's own cache does it
    return f"{made.fndesc.llvm_func_name}\n".encode() + code


def _loaded(symbol: str, code: bytes) -> Compiled:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    llvm.add_symbol(_NUMBA_ALONE, ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p).value)
    machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(symbol)

    def call(*arguments: Array | int) -> int:
        assert engine  # it owns the code, so it has to live as long as this function
        result, error = ctypes.c_int64(), ctypes.c_void_p()
        passed = [part for argument in arguments for part in _parts(argument)]
        kinds = (type(part) for part in passed)
        function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *kinds)(address)
        status = function(ctypes.addressof(result), ctypes.addressof(error), *passed)
        assert status == 0, status  # the loop raises nothing
        return result.value

    return call


def _parts(argument: Array | int) -> list[ctypes.c_void_p | ctypes.c_int64]:
    """As Numba passes it: an array is its owner and parent (none), items, bytes of one, address, shape and strides."""
    if isinstance(argument, int):
        return [ctypes.c_int64(argument)]
    counts = [ctypes.c_int64(count) for count in (*argument.shape, *argument.strides)]
    size = [ctypes.c_int64(argument.size), ctypes.c_int64(argument.itemsize)]
    return [ctypes.c_void_p(), ctypes.c_void_p(), *size, ctypes.c_void_p(argument.ctypes.data), *counts]
