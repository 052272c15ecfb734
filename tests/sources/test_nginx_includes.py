from __future__ import annotations

from typing import TYPE_CHECKING

from why502.model.settings import Setting
from why502.sources.gather import gather
from why502.sources.nginx_includes import MAX_FOLLOWED, MAX_INCLUDES, follow

if TYPE_CHECKING:
    from pathlib import Path

MAIN = """events {}
http {
  include mime.types;
  include /etc/nginx/conf.d/*.conf;
  include /etc/nginx/sites-enabled/*;
  server { location /slow { include snippets/proxy.conf; } }
}
"""


def told(folder: Path) -> list[str]:
    return sorted(
        str(fact).replace(f"{folder}/", "")
        for reading in gather([str(folder)])
        for fact in reading.facts
        if isinstance(fact, Setting)
    )


def test_what_is_included_holds_where_it_is_included(tmp_path: Path) -> None:
    """A copy of /etc/nginx: a timeout of a snippet holds in the location that includes it, and nowhere else."""
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "snippets").mkdir()
    (tmp_path / "nginx.conf").write_text(MAIN)
    (tmp_path / "conf.d" / "all.conf").write_text("proxy_connect_timeout 2s;\n")
    (tmp_path / "snippets" / "proxy.conf").write_text("proxy_read_timeout 5s;\n")
    assert told(tmp_path) == [
        "proxy_connect_timeout 2 s [conf.d/all.conf:1]",
        "proxy_read_timeout 5 s in location /slow [snippets/proxy.conf:1]",
    ]


def test_what_was_not_given_is_said_to_be_not_looked_at(tmp_path: Path) -> None:
    """Nothing is read that the user did not name, although it lies beside it; mime.types sets nothing."""
    (tmp_path / "snippets").mkdir()
    (tmp_path / "nginx.conf").write_text(MAIN + "proxy_send_timeout 9s;\n")
    (tmp_path / "snippets" / "proxy.conf").write_text("proxy_read_timeout 5s;\n")
    (reading,) = gather([str(tmp_path / "nginx.conf")])
    assert [fact.name for fact in reading.facts if isinstance(fact, Setting)] == ["proxy_send_timeout"]
    assert [(misread.at.number, misread.why) for misread in reading.input.first_not_understood] == [
        (4, "include /etc/nginx/conf.d/*.conf: not among the evidence, and not looked at"),
        (5, "include /etc/nginx/sites-enabled/*: not among the evidence, and not looked at"),
        (6, "include snippets/proxy.conf: not among the evidence, and not looked at"),
    ]
    assert reading.input.not_understood == 0


def test_files_put_into_one_folder_find_each_other() -> None:
    """As people send them; a star does not bring the file itself."""
    found = follow({"a/nginx.conf": "http { include /etc/nginx/conf.d/*.conf; }", "a/shop.conf": "x 1;"})
    assert [(one.path, one.directive.words, one.directive.blocks) for one in found.directives] == [
        ("a/shop.conf", ("x", "1"), (("http",),))
    ]
    assert found.missing == []


def test_a_file_that_is_included_twice_holds_in_both_places() -> None:
    """Once for each."""
    found = follow({"nginx.conf": "server { location /a { include p; } location /b { include p; } }", "p": "x 1;"})
    assert [one.directive.blocks[-1] for one in found.directives] == [("location", "/a"), ("location", "/b")]


def test_circles_end() -> None:
    """Of two that include each other, and of one that includes itself."""
    found = follow({"a": "x 1; include b;", "b": "y 1; include a;"})
    assert [one.directive.words[0] for one in found.directives] == ["x", "y"]
    assert [one.directive.words[0] for one in follow({"a": "include a; x 1;"}).directives] == ["x"]


def test_depth_is_bounded() -> None:
    """A chain that is longer than any in use is cut."""
    chain = {f"f{n}": f"x {n}; include f{n + 1};" for n in range(3 * MAX_INCLUDES)}
    assert len(follow(chain).directives) == MAX_INCLUDES + 1


def test_files_that_include_each_other_all_over_end() -> None:
    """Each of forty brings all others, in every order."""
    names = [f"f{n}" for n in range(40)]
    texts = {name: "".join(f"include {other};" for other in names) + "x 1;" for name in names}
    assert len(follow(texts).files) == MAX_FOLLOWED


def test_nothing_above_the_given_folder_is_named() -> None:
    """'..' leads to where nobody pointed."""
    found = follow({"a/nginx.conf": "include ../b/x.conf;", "b/x.conf": "x 1;"})
    assert [missing.name for missing in found.missing] == ["../b/x.conf"]
