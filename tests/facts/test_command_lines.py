from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from why502.facts.command_lines import commands


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["gunicorn", "-w", "$(N)", "-t", "$(T)"], [["gunicorn", "-w", "4", "-t", "$(T)"]]),
        (["sh", "-c", "migrate && exec gunicorn -w ${N} -b :${PORT:-80} app"],
         [["migrate"], ["exec", "gunicorn", "-w", "4", "-b", ":${PORT:-80}", "app"]]),
        (["tini", "--", "/bin/bash", "-lc", "puma \\\n -t 5:5 # threads\ntrue"], [["puma", "-t", "5:5"], ["true"]]),
        (["sh", "-c", "gunicorn -w $(nproc) -k gevent 'app:a b'"],
         [["gunicorn", "-w", "$(nproc)", "-k", "gevent", "app:a b"]]),
        (["sh", "-c", "a; gunicorn 'app"], [["a"]]),
        (["sh", "run.sh"], [["sh", "run.sh"]]),
        ([], [[]]),
    ],
)  # fmt: skip
def test_a_shell_runs_what_its_script_says(words: list[str], expected: list[list[str]]) -> None:
    """Known variables are put in; what is computed, or unknown, stays as it is written."""
    assert [found for found, _ in commands(words, {"N": "4"})] == expected


def test_a_variable_may_be_set_for_one_command() -> None:
    """POSIX shell, "Simple commands"."""
    (first, known), (_, others) = commands(["sh", "-c", "WEB_CONCURRENCY=2 gunicorn app && sleep 1"], {"A": "1"})
    assert (first, known) == (["gunicorn", "app"], {"A": "1", "WEB_CONCURRENCY": "2"})
    assert others == {"A": "1"}


@given(st.lists(st.text(max_size=40) | st.sampled_from(["sh", "-c", "A=1", "$(A)"]), max_size=6), st.text(max_size=9))
def test_no_text_breaks_it(words: list[str], value: str) -> None:
    """Whatever a container was given to run."""
    assert all(isinstance(word, str) for found, _ in commands(words, {"A": value}) for word in found)
