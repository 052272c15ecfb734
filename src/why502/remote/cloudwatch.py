"""Asks CloudWatch for the metrics of a load balancer, with the credentials of the usual chain."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from math import ceil
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import structs

from why502.errors import Why502Error
from why502.model.case import Misread
from why502.model.evidence import Place
from why502.remote.instances import Metric, instances, metrics
from why502.sources.cloudwatch import READER, SPARSE
from why502.sources.interface import FIRST_MISREAD, EvidenceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from why502.model.case import Window
    from why502.sources.interface import Reading

NAMESPACE: Final = "AWS/ApplicationELB"
OF_BALANCER: Final = (
    "RequestCount",
    *(f"HTTPCode_ELB_{code}_Count" for code in ("5XX", "500", "502", "503", "504")),
    "HTTPCode_Target_5XX_Count",
    "TargetConnectionErrorCount",
    "TargetTLSNegotiationErrorCount",
    "RejectedConnectionCount",
    "TargetResponseTime",
)
OF_GROUPS: Final = ("HealthyHostCount", "UnHealthyHostCount")
"""Reported by load balancer and target group together, never by load balancer alone."""

STATISTICS: Final = {"UnHealthyHostCount": "Maximum", "HealthyHostCount": "Minimum"}
"""The worst of a period; sums of what is counted, averages of the rest."""

PERIOD_S: Final = 60
MOST_POINTS: Final = 1440
"""A day by the minute; a longer window gets longer periods."""
MOST_QUERIES: Final = 500
"""What one GetMetricData takes."""

HINT: Final = (
    "name it as CloudWatch does (app/my-load-balancer/50dc6c495c0c9188), by its ARN, or by its name alone; region and "
    "credentials are taken from where the aws command takes them"
)


class CloudWatch:
    """The metrics of one load balancer."""

    def __init__(self, load_balancer: str) -> None:
        try:
            import boto3
        except ImportError as error:
            raise Why502Error(
                "cannot ask CloudWatch", why="boto3 is not installed", hint="pip install 'why502[aws]'"
            ) from error
        from botocore.exceptions import BotoCoreError

        # An ARN: the fourth field is the region, and what CloudWatch calls it stands behind 'loadbalancer/'.
        head, found, tail = load_balancer.partition(":loadbalancer/")
        self._asked = tail if found else load_balancer
        region = head.split(":")[3] if found and head.count(":") >= 4 else None
        try:
            self._client = boto3.client("cloudwatch", region_name=region or None)
            self._elb = boto3.client("elbv2", region_name=region or None)
        except (BotoCoreError, ValueError) as error:
            raise _failed(self._asked, error) from error

    def fetch(self, window: Window) -> Reading:
        """Everything about it in that window: what `aws cloudwatch get-metric-data` would print, read as such."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            dimensions = self._dimensions()
            machines, unseen = self._machines(dimensions["LoadBalancer"])
            wanted = [*self._of_balancer(dimensions), *metrics(self._client, machines)]
            results = self._results([*_queries(wanted, window)], window)
        except (BotoCoreError, ClientError) as error:
            raise _failed(self._asked, error) from error
        content = msgspec.json.encode({"MetricDataResults": results})
        path = f"cloudwatch:{dimensions['LoadBalancer']}"
        return _with_unseen(READER.read(EvidenceFile(path, lambda: io.BytesIO(content))), unseen)

    def _machines(self, balancer: str) -> tuple[list[str], str | None]:
        """Its targets, or why they are not told: reading metrics does not include the right to list targets."""
        from botocore.exceptions import ClientError

        try:
            return instances(self._elb, balancer), None
        except ClientError as error:
            return [], f"processor and memory of its targets: {error}"

    def _dimensions(self) -> dict[str, str]:
        """The dimension that names it; CloudWatch itself is asked where only the name was given."""
        if "/" in self._asked:
            return {"LoadBalancer": self._asked}
        listed = self._listed("RequestCount", [{"Name": "LoadBalancer"}])
        names = sorted(
            {name for each in listed if (name := each.get("LoadBalancer", "")).split("/")[1:2] == [self._asked]}
        )
        if len(names) != 1:
            why = f"CloudWatch knows several: {', '.join(names[:5])}" if names else "CloudWatch has no metrics of it"
            raise Why502Error("no such load balancer", where=self._asked, why=why, hint=HINT)
        return {"LoadBalancer": names[0]}

    def _listed(self, metric: str, dimensions: list[dict[str, str]]) -> Iterator[dict[str, str]]:
        pages = self._client.get_paginator("list_metrics").paginate(
            Namespace=NAMESPACE, MetricName=metric, Dimensions=dimensions
        )
        for page in pages:
            for metric_ in page["Metrics"]:
                yield {dimension["Name"]: dimension["Value"] for dimension in metric_["Dimensions"]}

    def _of_balancer(self, balancer: dict[str, str]) -> Iterator[Metric]:
        """Every metric of the balancer, and the host counts of each of its target groups."""
        yield from ((NAMESPACE, metric, balancer) for metric in OF_BALANCER)
        own = [{"Name": key, "Value": value} for key, value in balancer.items()]
        for metric in OF_GROUPS:
            for found in self._listed(metric, own):
                if found.keys() == {"LoadBalancer", "TargetGroup"}:
                    yield NAMESPACE, metric, found

    def _results(self, queries: list[dict[str, Any]], window: Window) -> list[Any]:
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(window.from_s // PERIOD_S * PERIOD_S, UTC),
            EndTime=datetime.fromtimestamp(window.to_s, UTC),
        )
        return [result for page in pages for result in page["MetricDataResults"]]


def _queries(wanted: list[Metric], window: Window) -> Iterator[dict[str, Any]]:
    period_s = PERIOD_S * max(1, ceil((window.to_s - window.from_s) / PERIOD_S / MOST_POINTS))
    for number, (namespace, metric, dimensions) in enumerate(wanted[:MOST_QUERIES]):
        statistic = STATISTICS.get(metric) or ("Sum" if SPARSE.fullmatch(metric) else "Average")
        own = dimensions.get("TargetGroup") or dimensions.get("InstanceId") or ""
        yield {
            "Id": f"m{number}",
            "Label": f"{metric} {own}".strip(),
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
                },
                "Period": period_s,
                "Stat": statistic,
            },
        }


def _with_unseen(reading: Reading, why: str | None) -> Reading:
    if why is None:
        return reading
    line = reading.input
    misreads = (*line.first_not_understood, Misread(Place(line.path), why))[:FIRST_MISREAD]
    told = structs.replace(line, not_understood=line.not_understood + 1, first_not_understood=misreads)
    return structs.replace(reading, input=told)


def _failed(load_balancer: str, error: Exception) -> Why502Error:
    return Why502Error("cannot ask CloudWatch", where=load_balancer, why=str(error), hint=HINT)
