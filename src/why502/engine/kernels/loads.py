"""Many bytes at once: what LLVM does not make of a loop that ends early.

Each function reads `LANES` (or 8) bytes from a position on, whatever its alignment; `engine.blocks.PADDING_BYTES` lie
behind every block for that. On processors without such wide registers LLVM takes several steps for the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

LANES: Final = 32
"""Bytes that are looked at in one step."""

NO_SECOND_VALUE: Final = b'= "|<{'
"""What ends a plain word besides blanks (`formats.columns.Take.PLAIN_WORD`)."""

_BYTE: Final = ir.IntType(8)
_LONG: Final = ir.IntType(64)
_VECTOR: Final = ir.VectorType(_BYTE, LANES)
_WHERE: Final = ir.IntType(LANES)


def _loaded(context: Any, builder: Any, data_type: Any, args: Sequence[Any], kind: ir.Type) -> Any:
    """A value of that kind from the bytes at `data[pos]`."""
    data = context.make_array(data_type)(context, builder, args[0]).data
    at = builder.bitcast(builder.gep(data, [args[1]]), kind.as_pointer())
    return builder.load(at, align=1)


def _splat(builder: Any, byte: Any) -> Any:
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), byte, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _constant(byte: int) -> ir.Constant:
    return ir.Constant(_VECTOR, [byte] * LANES)


def _finder(tests: Callable[[Any, Any, Any], Any]) -> Callable[..., Any]:
    """A function (data, pos, stop) -> how far the first byte is that a test finds; `LANES` if none is there."""

    def found(typing_context: Any, data: Any, pos: Any, stop: Any) -> Any:  # noqa: ARG001 - what Numba hands over
        def generate(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
            taken = _loaded(context, builder, signature.args[0], args, _VECTOR)
            stops = _splat(builder, builder.trunc(args[2], _BYTE))
            bits = builder.bitcast(tests(builder, taken, stops), _WHERE)
            beyond = ir.Constant(_LONG, 1 << LANES)
            return builder.cttz(builder.or_(builder.zext(bits, _LONG), beyond), ir.Constant(ir.IntType(1), 1))

        return types.int64(data, types.int64, types.int64), generate

    return found


def _equal(builder: Any, taken: Any, wanted: Any) -> Any:
    return builder.icmp_unsigned("==", taken, wanted)


def _is_text_end(builder: Any, taken: Any, stops: Any) -> Any:
    return builder.or_(_equal(builder, taken, stops), _equal(builder, taken, _constant(ord("\n"))))


def _is_word_end(builder: Any, taken: Any, stops: Any) -> Any:
    return builder.or_(_equal(builder, taken, stops), builder.icmp_unsigned("<=", taken, _constant(ord(" "))))


def _is_plain_word_end(builder: Any, taken: Any, stops: Any) -> Any:
    found = _is_word_end(builder, taken, stops)
    for byte in NO_SECOND_VALUE:
        found = builder.or_(found, _equal(builder, taken, _constant(byte)))
    return found


def _is_escape_or_end(builder: Any, taken: Any, stops: Any) -> Any:
    return builder.or_(_is_text_end(builder, taken, stops), _equal(builder, taken, _constant(ord("\\"))))


to_text_end: Callable[..., int] = intrinsic(_finder(_is_text_end))
"""The stop, or a line feed."""

to_word_end: Callable[..., int] = intrinsic(_finder(_is_word_end))
"""The stop, a blank, or a control character."""

to_plain_word_end: Callable[..., int] = intrinsic(_finder(_is_plain_word_end))
"""As `to_word_end`, and what could begin a second value or an envelope."""

to_escape_or_end: Callable[..., int] = intrinsic(_finder(_is_escape_or_end))
"""The stop, a line feed, or a backslash."""


def _line_feeds(typing_context: Any, data: Any, pos: Any) -> Any:  # noqa: ARG001 - what Numba hands over
    def generate(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        taken = _loaded(context, builder, signature.args[0], args, _VECTOR)
        bits = builder.bitcast(_equal(builder, taken, _constant(ord("\n"))), _WHERE)
        return builder.zext(builder.ctpop(bits), _LONG)

    return types.int64(data, types.int64), generate


line_feeds: Callable[..., int] = intrinsic(_line_feeds)
"""How many there are among the next `LANES` bytes."""


def _eight_bytes(typing_context: Any, data: Any, pos: Any) -> Any:  # noqa: ARG001 - what Numba hands over
    def generate(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        return _loaded(context, builder, signature.args[0], args, _LONG)

    return types.uint64(data, types.int64), generate


def _byte_at(typing_context: Any, data: Any, pos: Any) -> Any:  # noqa: ARG001 - what Numba hands over
    def generate(context: Any, builder: Any, signature: Any, args: Sequence[Any]) -> Any:
        return builder.zext(_loaded(context, builder, signature.args[0], args, _BYTE), _LONG)

    return types.int64(data, types.int64), generate


eight_bytes: Callable[..., np.uint64] = intrinsic(_eight_bytes)
"""The 8 bytes from a position on as one number."""

byte_at: Callable[..., int] = intrinsic(_byte_at)
"""`data[pos]` for a position that is never negative, which Numba would ask at every step."""
