from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.engine.logs import alb
from why502.diagnosis import diagnose
from why502.errors import Why502Error
from why502.model.case import Window
from why502.sources.buckets import is_day_wanted, is_object_wanted
from why502.sources.gather import gather

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.client import BaseClient

LAYOUT = "mine/AWSLogs/123456789012/elasticloadbalancing/us-east-2"


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def key(end: str) -> str:
    """As the guide to access logs names objects."""
    day = f"{end[:4]}/{end[4:6]}/{end[6:8]}"
    name = f"123456789012_elasticloadbalancing_us-east-2_app.shop.50dc6c495c0c9188_{end}Z_10.0.9.1_4fx2.log.gz"
    return f"{LAYOUT}/{day}/{name}"


@pytest.fixture(scope="module")
def s3() -> Iterator[BaseClient]:
    """A local server that speaks S3, with one failed request every hour of two days."""
    monkeypatch = pytest.MonkeyPatch()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "here",
        "AWS_SECRET_ACCESS_KEY": "only",
        "AWS_DEFAULT_REGION": "us-east-2",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "us-east-2"})
    for day in (21, 22):
        for hour in range(24):
            line = alb(at(f"2026-11-{day}T{hour:02}:02"), times="0.001 0.012 -1", statuses="502 -")
            client.put_object(Bucket="logs", Key=key(f"202611{day}T{hour:02}05"), Body=gzip.compress(line.encode()))
    yield client
    server.stop()
    monkeypatch.undo()


def test_only_the_hours_asked_for_are_fetched(s3: BaseClient) -> None:
    """By the date in the prefix and the end in the name; what was fetched is counted as it is."""
    window = Window(at("2026-11-22T09:30"), at("2026-11-22T11:00"))
    names = [reading.input.path.rpartition("_app.")[2] for reading in gather(["s3://logs/mine"], window=window)]
    ends = [name.split("_")[1] for name in names]
    assert ends == ["20261122T1005Z", "20261122T1105Z"]


def test_a_bucket_is_diagnosed(s3: BaseClient) -> None:
    """The whole way, and places that can be found again."""
    document = diagnose(["s3://logs/mine"], since_s=at("2026-11-22T09:30"), until_s=at("2026-11-22T11:00")).document
    assert (document.failures.total, document.failures.requests) == (1, 1)
    assert document.inputs[0].path == f"s3://logs/{key('20261122T1005')}"


def test_one_object_and_a_part_of_a_name_are_found(s3: BaseClient) -> None:
    """As `aws s3 ls` takes prefixes."""
    assert len(gather([f"s3://logs/{key('20261122T1005')}"])) == 1
    assert len(gather([f"s3://logs/{key('20261122T10')[:-24]}"])) == 24


@pytest.mark.parametrize(("url", "why"), [("s3://logs/nothing", "holds nothing there"), ("s3://no-such/", "")])
def test_what_is_not_there_is_one_sentence(s3: BaseClient, url: str, why: str) -> None:
    """An empty prefix, a bucket that does not exist."""
    with pytest.raises(Why502Error) as caught:
        gather([url])
    assert caught.value.where == url
    assert why in caught.value.why


def test_progress_tells_bytes_and_time_left(s3: BaseClient) -> None:
    """After the first object there is a rate to go by."""
    said: list[str] = []
    gather(["s3://logs/mine"], said.append)
    assert said[0].endswith("(0 of 0 MB)")
    assert said[-1].endswith("s left)")


@pytest.mark.parametrize(
    ("prefix", "wanted"),
    [
        (f"{LAYOUT}/2026/", True),
        (f"{LAYOUT}/2025/", False),
        (f"{LAYOUT}/2026/11/", True),
        (f"{LAYOUT}/2026/10/", False),
        (f"{LAYOUT}/2026/11/21/", False),
        (f"{LAYOUT}/2026/11/22/", True),
        (f"{LAYOUT}/2026/99/", True),
        ("other/2025/", True),
    ],
)
def test_days_that_were_not_asked_for_are_not_listed(prefix: str, wanted: bool) -> None:
    """Only the documented layout says anything; whatever else is there is looked into."""
    assert is_day_wanted(prefix, Window(at("2026-11-22T09:00"), at("2026-11-22T11:00"))) is wanted


def test_names_without_a_time_are_wanted() -> None:
    """Other producers name their objects as they like."""
    window = Window(0.0, 1.0)
    assert is_object_wanted("logs/access.log.gz", window)
    assert not is_object_wanted(key("20261122T1005"), window)
    assert is_object_wanted(key("20261122T1005"), None)
