"""The machines behind a load balancer, and the metrics that tell how busy they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST: Final = 20
"""Machines that are asked about, one group after the other: enough to see whether their processors were busy."""

Metric = tuple[str, str, dict[str, str]]
"""Namespace, name, dimensions."""


def instances(elb: Any, balancer: str) -> list[str]:
    """EC2 instances that are its targets now ('app/NAME/ID'); targets by address or Lambda functions have none."""
    name = balancer.split("/")[1]
    arns = [one["LoadBalancerArn"] for one in elb.describe_load_balancers(Names=[name])["LoadBalancers"]]
    found: dict[str, None] = {}
    for arn in arns:
        for group in elb.describe_target_groups(LoadBalancerArn=arn)["TargetGroups"]:
            health = elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
            ids = [target["Target"]["Id"] for target in health["TargetHealthDescriptions"]]
            found.update(dict.fromkeys(id_ for id_ in ids if id_.startswith("i-")))
    return list(found)[:MOST]


def metrics(cloudwatch: Any, machines: list[str]) -> Iterator[Metric]:
    """Processor use, which EC2 itself reports, and memory in use, where the CloudWatch agent runs."""
    for machine in machines:
        yield "AWS/EC2", "CPUUtilization", {"InstanceId": machine}
        listed = cloudwatch.list_metrics(
            Namespace="CWAgent",
            MetricName="mem_used_percent",
            Dimensions=[{"Name": "InstanceId", "Value": machine}],
        )
        for metric in listed["Metrics"][:1]:
            yield "CWAgent", "mem_used_percent", {each["Name"]: each["Value"] for each in metric["Dimensions"]}
