"""Wording that facts, suspects and reports share."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """A number of things.

    >>> count(1, "failure"), count(52004, "record")
    ('1 failure', '52,004 records')
    """
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
