from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

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


def archived(tmp_path: Path, files: dict[str, str], links: dict[str, str]) -> Path:
    """What `tar czf` makes of a folder with links."""
    path = tmp_path / "etc.tar.gz"
    with tarfile.open(path, mode="w:gz") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


SITES = {
    "etc/nginx/nginx.conf": MAIN,
    "etc/nginx/conf.d/all.conf": "proxy_connect_timeout 2s;\n",
    "etc/nginx/sites-available/shop": "server {\n  proxy_read_timeout 7s;\n}\n",
    "etc/nginx/sites-available/old": "server {\n  proxy_read_timeout 99s;\n}\n",
    "etc/nginx/snippets/proxy.conf": "proxy_read_timeout 5s;\n",
}
IN_FORCE = [
    "proxy_connect_timeout 2 s [etc/nginx/conf.d/all.conf:1]",
    "proxy_read_timeout 5 s in location /slow [etc/nginx/snippets/proxy.conf:1]",
    "proxy_read_timeout 7 s in server [etc/nginx/sites-available/shop:2]",
]


@pytest.mark.parametrize("target", ["../sites-available/shop", "/etc/nginx/sites-available/shop"])
def test_an_archive_of_the_configuration_is_followed(tmp_path: Path, target: str) -> None:
    """With its links: of Debian's sites only those that are enabled count."""
    path = archived(tmp_path, SITES, {"etc/nginx/sites-enabled/shop": target})
    assert told(path) == IN_FORCE
    notes = [str(misread.why) for reading in gather([str(path)]) for misread in reading.input.first_not_understood]
    assert notes == ["a site that nothing given includes: taken to be switched off"]


def test_a_folder_with_links_is_followed_alike(tmp_path: Path) -> None:
    """The link is the file that it leads to, whichever of both is found first."""
    for name, text in SITES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "etc/nginx/sites-enabled").mkdir()
    (tmp_path / "etc/nginx/sites-enabled/shop").symlink_to("../sites-available/shop")
    assert told(tmp_path) == IN_FORCE


def test_without_links_no_site_is_taken_to_be_off(tmp_path: Path) -> None:
    """A copy that left them out says nothing of which are enabled."""
    found = told(archived(tmp_path, SITES, {}))
    assert "proxy_read_timeout 99 s in server [etc/nginx/sites-available/old:2]" in found


def test_what_nginx_dumps_is_many_files(tmp_path: Path) -> None:
    """`nginx -T` with what it says on its other stream; lines are those of the print."""
    dumped = "".join(
        f"# configuration file /{name.replace('available', 'enabled')}:\n{text}\n"
        for name, text in SITES.items()
        if not name.endswith("old")
    )
    said = "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\n"
    (tmp_path / "dump").write_text(said + dumped)
    assert told(tmp_path) == [
        "proxy_connect_timeout 2 s [dump:12]",
        "proxy_read_timeout 5 s in location /slow [dump:20]",
        "proxy_read_timeout 7 s in server [dump:16]",
    ]
    (reading,) = gather([str(tmp_path)])
    assert reading.input.first_not_understood == ()


def test_folders_mounted_elsewhere_are_found_by_their_names() -> None:
    """A volume for the main file, another for `conf.d`; of two such folders nobody knows which."""
    texts = {"a/nginx.conf": "http { include /etc/nginx/conf.d/*.conf; }", "b/c/conf.d/shop.conf": "x 1;"}
    (one,) = follow(texts).directives
    assert (one.path, one.directive.blocks) == ("b/c/conf.d/shop.conf", (("http",),))
    assert len(follow({**texts, "d/conf.d/cart.conf": "y 1;"}).missing) == 1


def test_many_names_end_within_bounds() -> None:
    """Hundreds of files that each look for hundreds of others."""
    texts = {f"d{n}/f{n}": "".join(f"include x{m}/*{m};" for m in range(300)) for n in range(300)}
    assert follow(texts).directives == []


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
