"""What is nearly evidence is told how to become it, in one sentence."""

from __future__ import annotations

import pytest

from why502.sources.gather import recognise
from why502.sources.near_misses import near_miss


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"METRICDATARESULTS\tm1\tHTTPCode_ELB_502_Count\tComplete\n", "--output json"),
        (b"MetricDataResults:\n- Id: m1\n", "--output json"),
        (b"-----------------\n|  GetMetricData  |\n", "--output json"),
        (b"# HELP node_cpu_seconds_total Seconds\n# TYPE node_cpu_seconds_total counter\n", "query_range"),
        (b'{"status":"error","errorType":"bad_data","error":"parse error"}', "refused the query"),
        (b'{"resultType":"matrix","result":[]}', "query_range"),
        (b'{"results":{"A":{"status":200,"frames":[]}}}', "Grafana"),
        (b"apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n", "-o json"),
        (b"---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\n", "-o json"),
        (b"\xef\xbb\xbf<!DOCTYPE html>\n<html>", "web page"),
    ],
)
def test_it_is_named_with_what_helps(head: bytes, says: str) -> None:
    assert recognise(head) is None
    assert says in (near_miss(head) or "")


@pytest.mark.parametrize("head", [b"\0" * 16, b"hello\n", b"# a comment\n", b'{"status":"success"}', b"text <html>"])
def test_anything_else_is_nothing_known(head: bytes) -> None:
    assert near_miss(head) is None
