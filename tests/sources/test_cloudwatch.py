from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from why502.model.case import Series
from why502.sources.cloudwatch import READER, metric_name
from why502.sources.interface import EvidenceFile, Reading

RESULT = {
    "Id": "m1",
    "Label": "HTTPCode_ELB_502_Count",
    "Timestamps": ["2018-08-28T20:18:00+00:00", "2018-08-28T20:17:00+00:00"],
    "Values": [2.0, 1.0],
    "StatusCode": "Complete",
}


def read(document: object) -> Reading:
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    return READER.read(EvidenceFile("metrics.json", lambda: io.BytesIO(content)))


def series(document: object) -> list[Series]:
    return [fact for fact in read(document).facts if isinstance(fact, Series)]


def test_get_metric_data_becomes_series_in_time_order() -> None:
    """The command prints the newest first; HTTPCode_* are reported only when not zero."""
    (read_,) = series({"MetricDataResults": [RESULT], "Messages": []})
    assert read_.points == ((1535487420.0, 1.0), (1535487480.0, 2.0))
    assert (read_.name, read_.period_s, read_.sparse) == ("HTTPCode_ELB_502_Count", 60.0, True)
    assert str(read_.at) == "metrics.json#HTTPCode_ELB_502_Count"


def test_pages_of_one_metric_are_one_series() -> None:
    """The command line joins pages into one list, with the same id again and again."""
    second = RESULT | {"Timestamps": [1535487540], "Values": [3]}
    (read_,) = series({"MetricDataResults": [RESULT, second]})
    assert [value for _, value in read_.points] == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("name", "statistic", "value"), [("TargetResponseTime", "Average", 0.2), ("RequestCount", "Sum", 7.0)]
)
def test_get_metric_statistics_takes_the_statistic_that_fits(name: str, statistic: str, value: float) -> None:
    """Counts are sums; times are averages, and a missing time is not 0."""
    points = [{"Timestamp": "2018-08-28T20:17:00Z", "Sum": 7.0, "Average": 0.2, "Unit": "None"}]
    (read_,) = series({"Label": name, "Datapoints": points})
    assert read_.points == ((1535487420.0, value),)
    assert read_.sparse is (statistic == "Sum")


def test_a_mean_of_a_count_is_no_count() -> None:
    """Each 502 is a sample of 1: the average is 1, however many there were. With their number it is the sum again."""
    at = {"Timestamp": "2018-08-28T20:17:00Z", "Unit": "Count"}
    mean = read({"Label": "HTTPCode_ELB_502_Count", "Datapoints": [{**at, "Average": 1.0}]})
    assert (mean.facts, mean.input.not_understood) == ((), 1)
    assert mean.input.first_not_understood[0].why == "a datapoint without a time or without its Sum"
    both = {**at, "Average": 1.0, "SampleCount": 9.0}
    assert series({"Label": "HTTPCode_ELB_502_Count", "Datapoints": [both]})[0].points == ((1535487420.0, 9.0),)


@pytest.mark.parametrize(
    ("id_", "label", "said"),
    [
        ("m1", "HTTPCode_ELB_502_Count Average", "Average"),
        ("elb502_avg", "HTTPCode_ELB_502_Count", "avg"),
        ("m1", "shop HTTPCode_ELB_502_Count p99", "p99"),
        ("m1", "maxima HTTPCode_ELB_502_Count", None),
        ("m1_sum", "HTTPCode_ELB_502_Count", None),
        ("m1", "app/p99-shop/max/12 HTTPCode_ELB_502_Count", None),
        ("m1", "TargetResponseTime p99", None),
        ("m1", "app/p99-shop/12 HealthyHostCount Minimum", None),
    ],
)
def test_a_label_that_calls_a_count_a_mean_is_believed(id_: str, label: str, said: str | None) -> None:
    told = read({"MetricDataResults": [RESULT | {"Id": id_, "Label": label}]}).input
    assert told.not_understood == (0 if said is None else 1)
    if said is not None:
        assert (
            told.first_not_understood[0].why == f"{said} of HTTPCode_ELB_502_Count, which is a count: ask for its Sum"
        )


def test_what_was_asked_for_and_not_counted_is_an_empty_series() -> None:
    """Nothing was counted; that nobody asked would be no series at all."""
    empty = RESULT | {"Timestamps": [], "Values": []}
    for document in ({"MetricDataResults": [empty]}, {"Label": "HTTPCode_ELB_502_Count", "Datapoints": []}):
        assert [(s.name, s.points, s.sparse) for s in series(document)] == [("HTTPCode_ELB_502_Count", (), True)]


@pytest.mark.parametrize(
    ("id_", "label", "name"),
    [
        ("m1", "app/shop/12 HTTPCode_ELB_5XX_Count", "HTTPCode_ELB_5XX_Count"),
        ("httpcode_elb_502_count", "", "HTTPCode_ELB_502_Count"),
        ("m2", "CPUUtilization", "CPUUtilization"),
        ("m3", "UnHealthyHostCount", "UnHealthyHostCount"),
        ("m4", "RequestCountPerTarget", "RequestCountPerTarget"),
        ("m5", "queue depth", "queue depth"),
        ("m6", "", "m6"),
    ],
)
def test_the_metric_is_found_in_label_or_id(id_: str, label: str, name: str) -> None:
    """Labels carry dimensions, ids are in lower case."""
    assert metric_name(id_, label) == name


def test_a_broken_result_costs_only_itself() -> None:
    """Counted with its place and reason; the others are read."""
    broken = [RESULT | {"Values": [1.0]}, RESULT | {"Timestamps": ["soon", "later"]}, {"Id": "x"}, 7]
    told = read({"MetricDataResults": [*broken, RESULT]}).input
    assert (told.records, told.not_understood) == (1, 4)
    assert str(told.first_not_understood[0].at) == "metrics.json#1"


@pytest.mark.parametrize(
    "content", [b'{"MetricDataResults": [', b"[" * 100_000, b'{"MetricDataResults": 7}', b"\xff\xfe"]
)
def test_what_is_no_export_is_one_misread(content: bytes) -> None:
    """Cut, too deep, of another shape, no text."""
    told = read(content).input
    assert (told.records, told.not_understood) == (0, 1)


def test_it_is_recognised_by_the_commands_own_words() -> None:
    """Other JSON is somebody else's."""
    assert READER.fit(json.dumps({"MetricDataResults": [RESULT]}).encode()) == 1.0
    assert READER.fit(b' {"Label": "x", "Datapoints": []}') == 1.0
    assert READER.fit(b'{"schema": "why502-host/1"}') == 0.0
    assert READER.fit(b'["MetricDataResults"]') == 0.0


@settings(max_examples=80, deadline=None)
@given(
    st.recursive(
        st.none() | st.floats() | st.text(max_size=5) | st.integers(), lambda inner: st.lists(inner, max_size=3)
    )
)
def test_any_values_are_read_or_counted(value: object) -> None:
    """Whatever stands where numbers should."""
    told = read({"MetricDataResults": [RESULT | {"Values": value}, RESULT | {"Timestamps": value}]}).input
    assert told.records + told.not_understood in (1, 2)
