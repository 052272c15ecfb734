"""Machine code that Numba made once, without Numba.

Compiling takes seconds and Numba a third of a second to load, so the object files that it makes are kept between runs
(`engine.keeping`), and loaded by LLVM alone. The functions are called by their address, without Python's lock.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import llvmlite
import llvmlite.binding as llvm
import numpy as np

from why502.engine.keeping import cache_folder, keep, kept

if TYPE_CHECKING:
    from types import FunctionType

    from numpy.typing import NDArray

    Array = NDArray[np.int64] | NDArray[np.uint8]

_NUMBA_ALONE: Final = "NRT_MemInfo_call_dtor"
"""Numba's code for counted references names this; kernels that allocate nothing never come to it."""
_RAISED: Final = "machine code raised an error: an index lies outside of its array"

Compiled = Callable[..., int]


def made_by() -> str:
    """What the machine code depends on besides its source: how it is compiled, and for which processor."""
    processor = llvm.get_host_cpu_name() + llvm.get_host_cpu_features().flatten()
    how = sha256(Path(__file__).read_bytes()).hexdigest()[:16]
    return f"{how} {_numba_version()} {llvmlite.__version__} {processor}"


def _numba_version() -> str:
    """As it stands in its own file: to import Numba, or what reads the names of packages, takes longer."""
    found = find_spec("numba")
    if found is None or found.origin is None:
        raise ModuleNotFoundError(name="numba")
    return Path(found.origin).with_name("_version.py").read_text()


def loaded(group: str, name: str, make: Callable[[], bytes]) -> Compiled:
    """The function of that name, made in this run or an earlier one; `make` answers as `object_code` does."""
    folder = cache_folder(group)
    told = kept(folder, name)
    if told is None:
        told = make()
        keep(folder, name, told)
    head, _, code = told.partition(b"\n")
    symbol, takes = head.decode().split()
    return _callable(symbol, int(takes), code)


def object_code(function: FunctionType, signature: str, njit: Callable[..., Any], **options: object) -> bytes:
    """A line with the function's name among the symbols and how many arguments it takes, and the object file.

    `signature` in Numba's words; arrays, integers, and an integer or nothing as the result.
    """
    options = {"error_model": "numpy", "no_cpython_wrapper": True, "no_cfunc_wrapper": True, **options}
    with _counted_from_the_front():
        made: Any = next(iter(njit(signature, **options)(function).overloads.values()))
    code: bytes = made.library._get_compiled_object()  # noqa: SLF001 - as Numba's own cache does it
    return f"{made.fndesc.llvm_func_name} {function.__code__.co_argcount}\n".encode() + code


@contextmanager
def _counted_from_the_front() -> Iterator[None]:
    """Indices are taken as they are: below zero they do not count from the end, as Python's do.

    No kernel has such indices, and to ask for them at each took a sixth of the time of those that read single bytes.
    With bounds checking they raise an error.
    """
    from numba.core import types
    from numba.np import arrayobj

    internals: Any = arrayobj
    before = internals.fix_integer_index
    internals.fix_integer_index = lambda context, builder, kind, index, _: context.cast(
        builder, index, kind, types.intp
    )
    try:
        yield
    finally:
        internals.fix_integer_index = before


def _callable(symbol: str, takes: int, code: bytes) -> Compiled:
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
        if len(arguments) != takes:  # it would take what lies in their place
            raise TypeError(f"machine code takes {takes} arguments, not {len(arguments)}")
        result, error = ctypes.c_int64(), ctypes.c_void_p()
        passed = [part for argument in arguments for part in _parts(argument)]
        kinds = (type(part) for part in passed)
        function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *kinds)(address)
        status = function(ctypes.addressof(result), ctypes.addressof(error), *passed)
        if status:
            raise IndexError(_RAISED)  # compiled with bounds checking: nothing else is raised in there
        return result.value

    return call


def _parts(argument: Array | int) -> list[ctypes.c_void_p | ctypes.c_int64]:
    """As Numba passes it: an array is its owner and parent (none), items, bytes of one, address, shape and strides."""
    if not isinstance(argument, np.ndarray):
        return [ctypes.c_int64(argument)]
    counts = [ctypes.c_int64(count) for count in (*argument.shape, *argument.strides)]
    size = [ctypes.c_int64(argument.size), ctypes.c_int64(argument.itemsize)]
    return [ctypes.c_void_p(), ctypes.c_void_p(), *size, ctypes.c_void_p(argument.ctypes.data), *counts]
