"""Against moto's server: boto3 speaks to it over loopback as it does to AWS."""

from __future__ import annotations

import sys
import urllib.request
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.cli.running import why502
from why502.errors import Why502Error
from why502.lab.alb_records import Count
from why502.lab.cloudwatch import metric_data
from why502.model.case import Series, Window
from why502.model.evidence import Source
from why502.model.host import HOST_SCHEMA, HostRecord
from why502.remote.cloudwatch import CloudWatch

boto3 = pytest.importorskip("boto3", reason="needs the Python package boto3")
moto_server = pytest.importorskip("moto.server", reason="needs the Python package moto[server]")

if TYPE_CHECKING:
    from collections.abc import Iterator

BALANCER = "app/shop/50dc6c495c0c9188"
ARN = f"arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/{BALANCER}"
GROUP = "targetgroup/shop/73e2d6bc24d8a067"
BEGIN_S = datetime(2026, 11, 20, 10, tzinfo=UTC).timestamp()
WINDOW = Window(BEGIN_S, BEGIN_S + 600)
NO_HOST = HostRecord(HOST_SCHEMA, "target", "6.18", None, ())


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = moto_server.ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def environment(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The usual chain: everything comes from the environment."""
    given = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.fixture
def put(environment: dict[str, str]) -> None:
    """Two minutes with 502s, as the lab's balancer counts them, and a target group with one sick target."""
    urllib.request.urlopen(f"{environment['AWS_ENDPOINT_URL']}/moto-api/reset", b"").close()
    counts = [
        *(Count(BEGIN_S + 60 * minute, "RequestCount", 40) for minute in range(10)),
        *(Count(BEGIN_S + 60 * minute, "HTTPCode_ELB_502_Count", minute) for minute in (3, 4)),
    ]
    client = boto3.client("cloudwatch")
    for result in metric_data(counts, NO_HOST, 60.0).metric_data_results:
        _put(client, result.label, {"LoadBalancer": BALANCER}, zip(result.timestamps, result.values, strict=True))
    sick = [(datetime.fromtimestamp(BEGIN_S + 180, UTC).isoformat(), 1.0)]
    _put(client, "UnHealthyHostCount", {"LoadBalancer": BALANCER, "TargetGroup": GROUP}, sick)


def _put(
    client: object, metric: str, dimensions: dict[str, str], points: object, namespace: str = "AWS/ApplicationELB"
) -> None:
    client.put_metric_data(  # type: ignore[attr-defined]
        Namespace=namespace,
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
                "Timestamp": at,
                "Value": value,
            }
            for at, value in points  # type: ignore[attr-defined]
        ],
    )


@pytest.mark.usefixtures("put")
@pytest.mark.parametrize("name", [BALANCER, ARN, "shop"])
def test_the_balancers_metrics_of_the_window_are_fetched(name: str) -> None:
    """By CloudWatch's name, by ARN, or by the name alone; sums by the minute, as the command would print them."""
    reading = CloudWatch(name).fetch(WINDOW)
    by_name = {fact.name: fact for fact in reading.facts if isinstance(fact, Series) and fact.points}
    assert by_name["HTTPCode_ELB_502_Count"].points == ((BEGIN_S + 180, 3.0), (BEGIN_S + 240, 4.0))
    assert len(by_name["RequestCount"].points) == 10
    assert by_name["UnHealthyHostCount"].points == ((BEGIN_S + 180, 1.0),)
    assert (reading.input.path, reading.input.source) == (f"cloudwatch:{BALANCER}", Source.METRICS)


def _balancer_with_a_machine() -> tuple[str, str]:
    """A load balancer made at moto's, and the instance behind it."""
    ec2, elb = boto3.client("ec2"), boto3.client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"eu-west-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    image = ec2.describe_images()["Images"][0]["ImageId"]
    machine = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets[0])["Instances"][0][
        "InstanceId"
    ]
    balancer = elb.create_load_balancer(Name="shop", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="shop", Protocol="HTTP", Port=8080, VpcId=vpc)["TargetGroups"][0]
    elb.register_targets(TargetGroupArn=group["TargetGroupArn"], Targets=[{"Id": machine}])
    elb.create_listener(
        LoadBalancerArn=balancer, Protocol="HTTP", Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )  # fmt: skip
    return balancer, machine


@pytest.mark.usefixtures("put")
def test_processor_and_memory_of_the_machines_behind_it_are_fetched() -> None:
    """EC2's own metric, and the agent's where it runs, whatever else it is labelled with."""
    arn, machine = _balancer_with_a_machine()
    client = boto3.client("cloudwatch")
    at = datetime.fromtimestamp(BEGIN_S + 180, UTC).isoformat()
    for namespace, metric, extra in (
        ("AWS/EC2", "CPUUtilization", {}),
        ("CWAgent", "mem_used_percent", {"ImageId": "i"}),
    ):
        _put(client, metric, {"InstanceId": machine, **extra}, [(at, 31.0)], namespace)
    reading = CloudWatch(arn).fetch(WINDOW)
    found = {fact.name: fact for fact in reading.facts if isinstance(fact, Series) and fact.points}
    assert found["CPUUtilization"].points == found["mem_used_percent"].points == ((BEGIN_S + 180, 31.0),)
    assert machine in str(found["CPUUtilization"].at)
    assert reading.input.not_understood == 0


@pytest.mark.usefixtures("put")
def test_targets_that_may_not_be_listed_are_told() -> None:
    """The balancer's own metrics are there all the same."""
    told = CloudWatch(BALANCER).fetch(WINDOW).input
    assert (told.records > 0, told.not_understood) == (True, 1)
    assert "processor and memory of its targets" in told.first_not_understood[0].why


@pytest.mark.usefixtures("put")
def test_an_unknown_name_is_one_sentence() -> None:
    """What was asked for, and how to name it."""
    with pytest.raises(Why502Error, match=r"no such load balancer: nowhere: CloudWatch has no metrics of it"):
        CloudWatch("nowhere").fetch(WINDOW)


def test_without_boto3_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: nobody else needs it."""
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(Why502Error, match=r"boto3 is not installed; pip install 'why502\[aws\]'"):
        CloudWatch(BALANCER)


@pytest.mark.usefixtures("environment")
def test_without_a_region_or_an_answer_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore's own words."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(Why502Error, match="cannot ask CloudWatch"):
        CloudWatch(BALANCER).fetch(WINDOW)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    with pytest.raises(Why502Error, match="region"):
        CloudWatch(BALANCER)


@pytest.mark.usefixtures("put")
def test_diagnose_counts_what_cloudwatch_counted(environment: dict[str, str]) -> None:
    """From the command line, without any log: seven 502s, made by the proxy."""
    times = ("--since", "2026-11-20 10:00", "--until", "2026-11-20 10:10")
    done = why502("diagnose", "--cloudwatch", BALANCER, *times, **environment)
    assert done.returncode == 3, done.stderr
    assert "made by         proxy 7" in done.stdout
    assert f"cloudwatch:{BALANCER}" in done.stdout
