"""Answers that every judge asks for again, about each cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    About = TypeVar("About")
    Answer = TypeVar("Answer")


def asked_again(function: Callable[[About], Answer]) -> Callable[[About], Answer]:
    """The function, which remembers what it said about the object that it was asked about last.

    Facts are frozen, so that the same object has the same answer; to look equal ones up would take longer than most
    answers.
    """
    last: list[tuple[About, Answer]] = []

    def asked(about: About) -> Answer:
        told = last[-1] if last else None
        if told is None or told[0] is not about:
            told = about, function(about)
            last[:] = [told]
        return told[1]

    return asked
