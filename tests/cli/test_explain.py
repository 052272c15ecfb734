from __future__ import annotations

import pytest

from tests.cli.running import why502
from why502.suspects import all_suspects, manual_page


def test_a_pipe_gets_the_page_as_it_stands() -> None:
    """The manual page of a cause is its module's text."""
    done = why502("explain", "accept-queue-overflow")
    assert done.returncode == 0
    assert done.stdout.rstrip("\n") == manual_page("accept-queue-overflow")


def test_a_terminal_gets_it_wrapped() -> None:
    """With a width, paragraphs fill the lines and underlines of headings are gone."""
    done = why502("explain", "accept-queue-overflow", COLUMNS="60")
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 60
    assert "What happens" in lines
    assert not any(line.startswith("----") for line in lines)
    assert "".join(done.stdout.split()).startswith("".join(manual_page("accept-queue-overflow").split()[:2]))


def test_every_cause_is_listed() -> None:
    """Each with its title."""
    listed = why502("explain").stdout
    causes = {s.name: s.title for s in all_suspects()}
    assert [name for name, title in causes.items() if name not in listed or title not in listed] == []


@pytest.mark.parametrize("typed", ["accept_queue_overflow", "Accept-Queue-Overflow"])
def test_a_name_may_be_typed_as_in_code(typed: str) -> None:
    """Underscores and capitals are forgiven."""
    assert why502("explain", typed).stdout.startswith("Accept-queue overflow")


def test_an_unknown_cause_names_its_neighbours() -> None:
    """A typing error costs one look."""
    done = why502("explain", "keepalive-rase")
    assert (done.returncode, done.stdout) == (2, "")
    assert "did you mean keepalive-race" in done.stderr
