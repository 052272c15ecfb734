"""The kernels as machine code, kept between runs (`engine.machine_code`).

Without a place where that can be kept, every run compiles anew.
"""

from __future__ import annotations

import os
from functools import cache, partial
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from threading import Lock
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from why502.engine.keeping import cache_folder, kept
from why502.engine.machine_code import loaded, made_by, object_code
from why502.sources.captures import kernels
from why502.sources.captures.kernels.ahead import prefetch

if TYPE_CHECKING:
    from why502.engine.machine_code import Compiled

_GROUP: Final = "captures"
_ONE_AT_A_TIME = Lock()
ENTRIES = (
    "walk_pcap",
    "walk_pcapng",
    "take_segments",
    "track",
    "judge",
    "finish_all",
    "refill",
    "retally",
    "take_wanted",
    "release_told",
)
"""The kernels that are called from outside; the others become parts of these."""
_TYPES: Final = {"Octets": "uint8[::1]", "Words": "int64[::1]", "int": "int64", "None": "void"}
"""What the kernels take and give, in Numba's words."""
_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy", "_nrt": False}
"""What the kernels call is put into them. None makes an array, so that nobody need count who uses one: the atomic
counting of references took twice as long as all the rest.
"""


def _modules() -> list[ModuleType]:
    return [import_module(f"{kernels.__name__}.{module.name}") for module in iter_modules(kernels.__path__)]


def compiled() -> dict[str, Compiled]:
    """Every kernel by its name, loaded (or compiled) when it is first called. Raises ImportError without Numba."""
    made_by()
    return {name: partial(_call, name) for name in ENTRIES}


def _call(name: str, *arguments: Any) -> int:
    return _kernel(name)(*arguments)


def _kernel(name: str) -> Compiled:
    with _ONE_AT_A_TIME:
        return _loaded(name)


@cache
def _loaded(name: str) -> Compiled:
    return loaded(_GROUP, kept_as(name), lambda: _made(name))


def kept_as(name: str) -> str:
    """Code that asks at every index whether it lies in its array is kept apart."""
    checked = "-checked" if os.environ.get("NUMBA_BOUNDSCHECK", "0") != "0" else ""
    return f"{name}-{digest()}{checked}"


def _made(name: str) -> bytes:
    from numba import njit

    function = _copies()[name]
    *taken, given = (_TYPES[kind] for kind in function.__annotations__.values())
    return object_code(function, f"{given}({', '.join(taken)})", njit, **_OPTIONS)


@cache
def _copies() -> dict[str, FunctionType]:
    """The entries, as functions that find the compilable forms of what they call."""
    from numba import njit

    scopes = {module.__name__: dict(vars(module)) for module in _modules()}
    entries: dict[str, FunctionType] = {}
    inner: dict[object, Any] = {prefetch: _prefetch_instruction()}
    for scope in scopes.values():
        for function in list(scope.values()):
            if isinstance(function, FunctionType) and function.__module__ in scopes:
                copy = _copied(function, scopes[function.__module__])
                if function.__name__ in ENTRIES:
                    entries[function.__name__] = copy
                else:
                    inner[function] = inner.get(function) or njit(**_OPTIONS, forceinline=True)(copy)
    for scope in scopes.values():
        scope.update({name: inner[it] for name, it in scope.items() if isinstance(it, FunctionType) and it in inner})
    return entries


def _prefetch_instruction() -> object:
    """`kernels.ahead.prefetch` as LLVM has it: for reading, to be kept in all caches."""
    from llvmlite import ir
    from numba.core import cgutils as typed_cgutils
    from numba.core import types
    from numba.extending import intrinsic

    cgutils: Any = typed_cgutils

    def typed(_context: object, words: Any, at: Any) -> Any:
        def generated(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array = context.make_array(signature.args[0])(context, builder, arguments[0])
            line = builder.bitcast(builder.gep(array.data, [arguments[1]]), cgutils.voidptr_t)
            wanted = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, *[cgutils.int32_t] * 3])
            function = cgutils.get_or_insert_function(builder.module, wanted, "llvm.prefetch.p0")
            builder.call(function, [line, *[cgutils.int32_t(number) for number in (0, 3, 1)]])
            return context.get_dummy_value()

        return types.void(words, at), generated

    return intrinsic(typed)


def _copied(function: FunctionType, scope: dict[str, Any]) -> FunctionType:
    """The same function, which will find the compiled forms of the functions that it calls in `scope`."""
    copy = FunctionType(function.__code__, scope, function.__name__, function.__defaults__)
    copy.__module__, copy.__qualname__ = function.__module__, function.__qualname__
    copy.__annotations__ = function.__annotations__
    return copy


def is_warm() -> bool:
    """Whether the kernels were compiled in an earlier run; else that takes half a minute."""
    return kept(cache_folder(_GROUP), kept_as("judge")) is not None


@cache
def digest() -> str:
    """Of all kernels, and of what they are compiled with and for."""
    content = b"".join(Path(module.__file__ or "").read_bytes() for module in _modules())
    return sha256(content + made_by().encode()).hexdigest()[:16]
