"""The kernels as machine code, and where that is kept between runs.

Compiling takes seconds, loading what was compiled a fraction of one (`engine.keeping` says where it lies). Without
such a place every run compiles anew.
"""

from __future__ import annotations

import os
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from threading import Lock
from types import FunctionType, ModuleType
from typing import Any

from why502.engine.keeping import cache_folder
from why502.sources.captures import kernels
from why502.sources.captures.kernels.ahead import prefetch

_ONE_AT_A_TIME = Lock()
ENTRIES = frozenset(
    {
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
    }
)
"""The kernels that are called from outside; the others become parts of these."""


def _modules() -> list[ModuleType]:
    return [import_module(f"{kernels.__name__}.{module.name}") for module in iter_modules(kernels.__path__)]


def compiled() -> dict[str, Any]:
    """Every kernel by its name, compiled when it is first called. Raises ImportError without Numba."""
    with _ONE_AT_A_TIME:
        return _compiled()


@cache
def _compiled() -> dict[str, Any]:
    import numba

    modules = _modules()
    folder = cache_folder(digest())
    if folder is not None and "NUMBA_CACHE_DIR" not in os.environ:
        vars(numba.config)["CACHE_DIR"] = str(folder)
    keep = folder is not None or "NUMBA_CACHE_DIR" in os.environ
    scopes = {module.__name__: dict(vars(module)) for module in modules}
    copies: dict[object, Any] = {prefetch: _prefetch_instruction()}
    for scope in scopes.values():
        for function in list(scope.values()):
            if isinstance(function, FunctionType) and function.__module__ in scopes:
                copy = _copied(function, scopes[function.__module__])
                copies[function] = copies.get(function) or numba.njit(**_options(function.__name__, keep))(copy)
    for scope in scopes.values():
        scope.update({name: copies[it] for name, it in scope.items() if isinstance(it, FunctionType) and it in copies})
    return {name: it for scope in scopes.values() for name, it in scope.items() if name in ENTRIES}


def _options(name: str, keep: bool) -> dict[str, Any]:
    """What the kernels call is put into them. None makes an array, so that nobody need count who uses one: the
    atomic counting of references took twice as long as all the rest.
    """
    is_entry = name in ENTRIES
    return {
        "nogil": True,
        "error_model": "numpy",
        "cache": keep and is_entry,
        "forceinline": not is_entry,
        "_nrt": False,
    }


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
    return copy


def is_warm() -> bool:
    """Whether the kernels were compiled in an earlier run; else that takes half a minute."""
    folder = os.environ.get("NUMBA_CACHE_DIR") or cache_folder(digest())
    return folder is not None and any(Path(folder).rglob("judge.judge-*.nbi"))


def digest() -> str:
    """Of all kernels, and of where they lie since when. Numba looks only at the file of the function it loads, not at
    those of the functions that it calls; and what it keeps it finds again by that file's path, time and size alone
    (`_CacheLocator` in numba/core/caching.py), so that another installation's machine code is none for this one.
    """
    files = [Path(module.__file__ or "") for module in _modules()]
    places = "".join(f"{path} {path.stat().st_mtime_ns}\n" for path in files)
    return sha256(b"".join(path.read_bytes() for path in files) + places.encode()).hexdigest()[:16]
