"""What is said to `facts.asking` is what Ibis makes of the same words."""

from __future__ import annotations

from typing import Any

import ibis
import pytest

from why502.facts import asking
from why502.facts.asking import Asked, Maker, Words, table

ROWS = ibis.table({"who": "string", "at_us": "int64", "status": "int32"}, name="rows")

ROW: Any = asking._


def questions(said: Any, row: Any, rows: Any) -> list[Any]:
    """The same in both languages."""
    window = said.window(group_by="who", order_by=[row.at_us], preceding=(None, 1))
    late = rows.filter((row.at_us >= 1795341600000000) & ~(row.status == 200) | row.status.isnull())
    return [
        rows,
        late,
        late.mutate(before=row.at_us.max().over(window), who=rows["who"].fill_null("")),
        late.group_by("who", slot=row.at_us // 250000 % 7).aggregate(requests=row.count()),
        rows.mutate(small=said.ifelse(row.at_us > 5, 1, 0)).order_by([said.desc("small"), "who"]).limit(3),
        rows.mutate(step=said.cases((row.at_us < 7, row.at_us - 1), (row.at_us != 8, -row.at_us), else_=row.at_us)),
        rows.union(rows.filter(row.who == "a")).anti_join(late, ["who"]),
        rows.filter(row.at_us < 4000000000 + 2 * row.at_us * 5000000000),
    ]


@pytest.mark.parametrize("number", range(8))
def test_ibis_makes_the_same(number: int) -> None:
    """With the numbers filled in, the SQL is that of the question asked directly."""
    expected = questions(ibis, ibis._, ROWS)[number]
    said = questions(asking.ibis, ROW, table("rows", "rows"))[number]
    sql = ibis.to_sql(Maker(ibis, lambda _: ROWS).make(said), dialect="duckdb")
    assert Words(said).filled(sql) == ibis.to_sql(expected, dialect="duckdb")


def words(question: Any) -> str:
    return Words(question).text


def test_large_numbers_are_no_part_of_the_words() -> None:
    """Times and widths differ from log to log; small numbers, names and tables tell questions apart."""
    rows: Any = table("rows", "rows")
    at = ROW.at_us
    assert words(rows.filter(at > 2**40)) == words(rows.filter(at > 2**41))
    asked = [
        rows.filter(at > 1),
        rows.filter(at > 2),
        rows.filter(at > 2**40),
        rows.filter(at >= 2**40),
        rows.filter(at > "2"),
        rows.filter(ROW.status > 2),
        rows.limit(2),
        rows.limit(2**40),
        rows.limit(2**41),
        table("others", "rows").filter(at > 2),
        table("rows", "others").filter(at > 2),
    ]
    assert len({words(question) for question in asked}) == len(asked)


def test_negative_and_many_numbers_are_filled_in() -> None:
    """Each in its place."""
    rows: Any = table("rows", "rows")
    question: Asked = rows.filter([ROW.at_us > sign * (2**40 + n) for n in range(12) for sign in (1, -1)])
    sql = Words(question).filled(ibis.to_sql(Maker(ibis, lambda _: ROWS).make(question), dialect="duckdb"))
    direct = ROWS.filter([ibis._.at_us > sign * (2**40 + n) for n in range(12) for sign in (1, -1)])
    assert sql == ibis.to_sql(direct, dialect="duckdb")
