"""Small records of which few conversations need any: repeated SYNs, and gaps in what was sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from why502.sources.captures.kernels.layout import M_NODE_FREE, M_NODES, N_FIRST, N_NEXT, N_SECOND, NODE_WORDS

if TYPE_CHECKING:
    from why502.sources.captures.kernels.words import Words


def take(pool: Words, meta: Words, first: int, second: int, following: int) -> int:
    """A node with this content in front of `following`. The caller of the kernels sees to it that there is room."""
    node = meta[M_NODE_FREE]
    if node >= 0:
        meta[M_NODE_FREE] = pool[node * NODE_WORDS + N_NEXT]
    else:
        node = meta[M_NODES]
        meta[M_NODES] = node + 1
    n = node * NODE_WORDS
    pool[n + N_FIRST], pool[n + N_SECOND], pool[n + N_NEXT] = first, second, following
    return node


def give(pool: Words, meta: Words, node: int) -> None:
    """Back to the free ones."""
    pool[node * NODE_WORDS + N_NEXT] = meta[M_NODE_FREE]
    meta[M_NODE_FREE] = node


def give_all(pool: Words, meta: Words, node: int) -> None:
    """A whole list of them."""
    while node >= 0:
        following = pool[node * NODE_WORDS + N_NEXT]
        give(pool, meta, node)
        node = following
