"""Made evidence with known answers: what the logs alone must yield, with its number, in the text and in JSON."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.logs import alb, haproxy, nginx, upstream
from why502.diagnosis import read
from why502.facts.logs import summarise_logs
from why502.ranking import judge_case
from why502.reports import logs, logs_json

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

BEGIN_S = 1795341600.0
"""2026-11-22 10:00:00 UTC."""
CUT = ("0.001 0.012 -1", "502 -")
FINE = ("0.001 0.012 0.000", "200 200")


def moment(after_s: float) -> str:
    return datetime.fromtimestamp(BEGIN_S + after_s, UTC).isoformat()


def seen(folder: Path, lines: Iterable[str], **more: str) -> tuple[str, dict[str, Any]]:
    """The text (unwrapped, so that sentences can be found) and the document, of the log and further evidence."""
    (folder / "access.log").write_text("\n".join(lines) + "\n")
    for name, content in more.items():
        (folder / name.replace("_", ".")).write_text(content)
    case = read([str(folder / name) for name in sorted(("access.log", *(n.replace("_", ".") for n in more)))])
    summary = summarise_logs(case)
    assert summary is not None
    diagnosis = judge_case(case, BEGIN_S)
    assert diagnosis.defects == ()
    text = logs.render(summary, diagnosis, width=None, color=False)
    return text, json.loads(logs_json.render(summary, diagnosis))


def spell(rng: random.Random) -> list[str]:
    """An hour and a half; from minute 30 to minute 70 one request in ten fails, else one in a thousand."""
    lines = []
    for number in range(10_800):
        at_s = number / 2
        failed = rng.random() < (0.1 if 1800 <= at_s < 4200 else 0.001)
        lines.append(alb(BEGIN_S + at_s, 0.013, *(CUT if failed else FINE)))
    return lines


@pytest.mark.parametrize("kind", ["csv", "git log", "git log in one line"])
def test_a_change_point_at_a_known_time_and_the_deployment_that_made_it(tmp_path: Path, kind: str) -> None:
    """The release is named by the rise after it, the rollback by the fall; the harmless change by nothing."""
    changes = ((-86_400.0, "long ago"), (600.0, "logo"), (1795.0, "release 2.7.1"), (4195.0, "rollback"))
    if kind == "csv":
        given = "time,text\n" + "".join(f"{moment(at)},{text}\n" for at, text in changes)
    elif kind == "git log":
        blocks = (
            f"commit {n:040x}\nAuthor: A <a@x>\nDate:   {moment(at)}\n\n    {t}\n" for n, (at, t) in enumerate(changes)
        )
        given = "\n".join(blocks)
    else:
        given = "".join(f"{0xABC0000 + n:07x} {moment(at)} {text}\n" for n, (at, text) in enumerate(changes))
    text, document = seen(tmp_path, spell(random.Random(7)), changes_txt=given)
    (found,) = document["by_gateway"]["spells"]
    for point, truth in ((found["began"], moment(1800)), (found["ended"], moment(4200))):
        assert point["earliest"][:19] <= truth[:19] <= point["latest"][:19]
    told = {change["text"]: change for change in document["changes"]["changes"]}
    assert set(told) == {"logo", "release 2.7.1", "rollback"}
    assert document["changes"]["left_out"] == 1
    release, rollback, logo = told["release 2.7.1"], told["rollback"], told["logo"]
    assert release["p"] < 1e-6
    assert 0 <= release["rise_after_s"] <= 30
    assert release["rise_p"] < 0.05
    assert -30 <= rollback["fall_after_s"] <= 30
    assert rollback["fall_p"] < 0.05
    assert (logo["p"], logo["rise"], logo["fall"]) == (1.0, None, None)
    assert "release 2.7.1: in the 10 min before it " in text
    assert text.index("release 2.7.1: ") < text.index("logo: ")


def test_a_constant_idle_gap(tmp_path: Path) -> None:
    """Bursts after 5.0 s of silence fail every second time, after others never: the target's keep-alive timeout."""
    lines, at_s = [], BEGIN_S
    for number in range(300):
        silence_s = (0.6, 2.5, 5.0, 3.8, 5.0, 9.0)[number % 6]
        at_s += silence_s + 0.013
        failed = silence_s == 5.0 and number % 4 < 2
        lines.append(alb(at_s, 0.013, *(CUT if failed else FINE)))
    text, document = seen(tmp_path, lines)
    (gap,) = document["idle_gaps"]
    assert round(gap["idle_s"], 2) == 5.0
    assert (gap["failed"], gap["bursts"], gap["failed_in_all"]) == (50, 100, 50)
    assert (gap["shorter_failed"], gap["longer_failed"], gap["and_longer"]) == (0, 0, False)
    assert "idle gap: 50 of 50 bursts with failures came after 5.00 s of silence" in text
    assert gap["closed_by"] == []
    assert document["target_settings"] == []


@pytest.mark.parametrize(("keepalive_s", "named"), [(5, True), (65, False)])
def test_a_silence_that_a_setting_equals_is_named(tmp_path: Path, keepalive_s: int, *, named: bool) -> None:
    """The target's own configuration beside the log, with its line; one that does not agree is no explanation."""
    lines, at_s = [], BEGIN_S
    for number in range(300):
        silence_s = (0.6, 2.5, 5.0, 3.8, 5.0, 9.0)[number % 6]
        at_s += silence_s + 0.013
        lines.append(alb(at_s, 0.013, *(CUT if silence_s == 5.0 and number % 4 < 2 else FINE)))
    config = f'bind = ":8080"\nworker_class = "gthread"\nkeepalive = {keepalive_s}\n'
    text, document = seen(tmp_path, lines, gunicorn_py=config)
    (gap,) = document["idle_gaps"]
    where = f"{tmp_path / 'gunicorn.py'}:3"
    assert gap["closed_by"] == ([f"keepalive 5 s of gunicorn [{where}]"] if named else [])
    assert ("that is keepalive 5 s of gunicorn" in text) == named
    (told,) = document["target_settings"]
    assert (told["server"], told["limit"], told["value"]) == ("gunicorn", "keepalive", keepalive_s)
    assert (told["address"], told["place"]) == ("8080", where)


def test_timeouts_after_their_own_rhythm_are_no_idle_gap(tmp_path: Path) -> None:
    """A job that asks every 30 s and runs into a timeout: its connections were not closed under its hands."""
    lines = []
    for number in range(60):
        at_s = BEGIN_S + 31.3 * number
        lines.append(nginx(at_s, "200"))
        lines.append(nginx(at_s + 16.3, "504", upstream("0.001", "-", "7.003", "504").replace("rt=0.013", "rt=7.003")))
    _, document = seen(tmp_path, lines)
    assert document["idle_gaps"] == []


def test_connects_in_steps_of_repeated_syns(tmp_path: Path) -> None:
    """40, 12 and 5 connects just above 1, 3 and 7 s, served all the same; three that ALB gave up after 10 s."""
    late_s = [1.03] * 40 + [3.06] * 12 + [7.1] * 5 + [0.001] * 1000
    lines = [
        alb(BEGIN_S + n + took_s, took_s + 0.012, f"{took_s:.3f} 0.012 0.000", "200 200")
        for n, took_s in enumerate(late_s)
    ]
    lines += [alb(BEGIN_S + 100 * n, 10.001, "-1 -1 -1", "504 -") for n in (2, 3, 4)]
    text, document = seen(tmp_path, lines)
    (slow,) = document["slow_connects"]
    assert (slow["delayed"], slow["timed"], slow["served"]) == (57, 1057, 57)
    assert slow["steps"] == {"1 s": 40, "3 s": 12, "7 s": 5}
    assert "(40 after 1 s, 12 after 3 s, 5 after 7 s); 57 of these requests were served, only late" in text
    assert "took 10.00 s: ALB's connect timeout (cannot be set)" in text


NGINX_CONF = """http {
  proxy_connect_timeout 2s;
  upstream shop { server 10.0.0.7:8080; server 10.0.0.8:8080; }
  server {
    listen 80;
    location / { proxy_pass http://shop; }
    location /reports { proxy_pass http://shop; proxy_read_timeout 7s; }
  }
}
"""


def test_durations_equal_configured_timeouts_or_multiples_of_them(tmp_path: Path) -> None:
    """Each is named with its place; without the configuration, nobody invents whose timers these are."""
    lines = [nginx(BEGIN_S + n) for n in range(200)]
    read_out = upstream("0.001", "-", "7.003", "504").replace("rt=0.013", "rt=7.003")
    twice = upstream("-, -", "-, -", "2.002, 2.002", "504, 504", "10.0.0.7:8080, 10.0.0.8:8080").replace(
        "0.013", "4.005"
    )
    lines += [nginx(BEGIN_S + 9.7 * n, "504", read_out, request="GET /reports HTTP/1.1") for n in range(12)]
    lines += [nginx(BEGIN_S + 15.1 * n, "504", twice) for n in range(7)]
    text, document = seen(tmp_path, lines, nginx_conf=NGINX_CONF)
    told = [(d["failures"], d["timer"], d["timer_s"], d["times"], d["configured_at"]) for d in document["durations"]]
    conf = tmp_path / "nginx.conf"
    assert told == [
        (12, "proxy_read_timeout 7 s in location /reports", 7.0, 1, f"{conf}:7"),
        (7, "proxy_connect_timeout 2 s", 2.0, 2, f"{conf}:2"),
    ]
    assert "took 7.00 s: proxy_read_timeout 7 s in location /reports [nginx.conf:7]" in text
    assert [s["name"] for s in document["settings"]] == ["proxy_connect_timeout", "proxy_read_timeout"]
    conf.unlink()
    _, document = seen(tmp_path, lines)
    assert [(d["failures"], d["timer"], d["configured_at"]) for d in document["durations"]] == [
        (12, None, None),
        (7, None, None),
    ]


def test_simultaneous_deaths_followed_by_refusals(tmp_path: Path) -> None:
    """Eight requests that began one after the other end at one instant; then twenty connects fail at once."""
    lines = [nginx(BEGIN_S + n / 2) for n in range(600)]
    for number in range(8):
        took = f"{0.3 + 0.41 * number:.3f}"
        died = upstream("0.001", "-", took, "502").replace("rt=0.013", f"rt={took}")
        lines.append(nginx(BEGIN_S + 300, "502", died))
    refused = upstream("-", "-", "0.000", "502").replace("rt=0.013", "rt=0.000")
    lines += [nginx(BEGIN_S + 300.1 + n / 5, "502", refused) for n in range(20)]
    text, document = seen(tmp_path, lines)
    (deaths,) = document["deaths"]
    assert (deaths["target"], deaths["at"]) == ("10.0.0.7:8080", "2026-11-22T10:05:00.000Z")
    assert (deaths["together"], deaths["refused_after"]) == (8, 20)
    assert "simultaneous deaths: 8 requests in flight at 10.0.0.7:8080 ended at one instant" in text
    assert "; 20 connects failed at once within 10 s after" in text


def test_one_zone_is_over_represented(tmp_path: Path) -> None:
    """Of three zones one fails in 5 % of its requests: named first, before any single target of it."""
    rng = random.Random(6)
    lines = []
    for number in range(3000):
        zone = number % 3
        failed = rng.random() < (0.05 if zone == 1 else 0.001)
        target = f"10.0.{zone}.{rng.randrange(5)}:80"
        lines.append(alb(BEGIN_S + number, 0.013, *(CUT if failed else FINE), target=target))
    text, document = seen(tmp_path, lines)
    found = {c["dimension"]: c for c in document["concentrations"]}["target network"]
    assert (found["value"], round(found["share_of_others"], 1)) == ("10.0.1.0/24", 0.3)
    assert found["ratio_low"] > 5
    assert found["p"] < 1e-9
    first = text[text.index("What stands out") :].splitlines()[1]
    assert "failures on targets in 10.0.1.0/24 (a subnet lies in one availability zone), which had 3" in first


def test_failures_that_no_client_saw(tmp_path: Path) -> None:
    """HAProxy tried again on another server: 30 hidden failures beside 10 that clients saw."""
    lines = [haproxy(BEGIN_S + n) for n in range(300)]
    lines += [haproxy(BEGIN_S + 10 * n, times="0/1002/0/2/1004", retries="+1") for n in range(30)]
    refused = {"times": "0/0/-1/-1/3004", "fate": "503 217 - - SC--", "retries": "3"}
    lines += [haproxy(BEGIN_S + 30 * n, **refused) for n in range(10)]
    text, document = seen(tmp_path, lines)
    assert (document["failures"]["total"], document["hidden"]) == (40, 30)
    assert "hidden failures: 30 of 40 failures no client saw" in text
    assert "took 3.00 s: 3 times 1 s, HAProxy's pause before each retry: every connect failed at once" in text


def refused(at_s: float) -> str:
    """A line of nginx's error log."""
    told = datetime.fromtimestamp(BEGIN_S + at_s, UTC).strftime("%Y/%m/%d %H:%M:%S")
    return (
        f"{told} [error] 31#31: *7 connect() failed (111: Connection refused) while connecting to upstream, client: "
        '192.0.2.1, server: shop, request: "GET /x HTTP/1.1", upstream: "http://10.0.0.7:8080/x", host: "shop"'
    )


def test_what_an_error_log_alone_tells_is_not_hidden(tmp_path: Path) -> None:
    """In a container's output access and error lines follow each other; whether a client saw them nobody says."""
    lines = [line for n in range(40) for line in (nginx(BEGIN_S + 60 * n, "200"), refused(60 * n + 30))]
    text, document = seen(tmp_path, lines)
    assert (document["failures"]["total"], document["hidden"]) == (40, 0)
    assert "hidden failures" not in text


def test_an_error_log_alone_tells_of_no_requests_and_draws_nothing(tmp_path: Path) -> None:
    """Its lines have no status: an empty plot would look like an all-clear."""
    text, _ = seen(tmp_path, [refused(n) for n in range(40)])
    assert text.startswith("Failures  40 (of how many requests is not told)\n")
    assert "5xx by proxy" not in text


def test_numbers_add_up(tmp_path: Path) -> None:
    """What has no status is said to have none, and not to be drawn."""
    lines = [nginx(BEGIN_S + n, "502", upstream("0.001", "-", "0.010", "502")) for n in range(3)]
    text, _ = seen(tmp_path, [*lines, *(refused(100 + n) for n in range(4))])
    assert "by status       502 3   not told 4\n" in text
    assert "; 4 failures without a 5xx status not drawn\n" in text


def test_a_log_of_which_much_is_not_understood_says_so_first(tmp_path: Path) -> None:
    """Before anything that is said of the rest."""
    lines = [nginx(BEGIN_S + n, "502", upstream("0.001", "-", "0.010", "502")) for n in range(30)]
    text, _ = seen(tmp_path, [*lines, *["something else"] * 10])
    first = text[text.index("What stands out") :].splitlines()[1]
    assert first.strip() == f"10 of 40 records of {tmp_path}/access.log could not be read: what they held is not known"
