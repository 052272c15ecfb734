"""Evidence in S3: the objects behind 's3://bucket/prefix', only those of the hours asked for, some fetched ahead.

Credentials and region come from the usual chain (environment, ~/.aws, single sign-on, the machine's role), the endpoint
from AWS_ENDPOINT_URL if that is set.
"""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from why502.errors import Why502Error
from why502.model.expressions import expression
from why502.scratch import Scratch
from why502.sources.meter import how_far

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

    from obstore.store import S3Store

    from why502.model.case import Window

SCHEME: Final = "s3://"

AHEAD = 8
"""Objects that are fetched at the same time: a request for a small one is mostly waiting."""

AHEAD_BYTES = 1 << 30
"""The most that lies fetched on disk and unread, but for a single object that is larger."""

OBJECT_S = 3600.0
"""How long before the time in its name an object can begin: ALB and NLB write every 5 minutes, classic up to 60."""

DELIVERY_S = 300.0
"""How long after the last moment asked for an object that holds it can end."""

_DATE = expression(r"/elasticloadbalancing/[a-z0-9-]+/(\d{4})(?:/(\d\d)(?:/(\d\d))?)?/$")
"""AWSLogs/ACCOUNT/elasticloadbalancing/REGION/YYYY/MM/DD/ (`load-balancer-access-logs`, "Access log files")."""

_END = expression(r"_elasticloadbalancing_.*_(\d{8}T\d{4})Z_[^/]*$")
"""..._elasticloadbalancing_REGION_app.NAME.ID_ENDTIME_IP_RANDOM.log.gz; the end of the interval, UTC."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object of a bucket."""

    key: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """One object on disk, until the next is asked for."""

    label: str
    path: Path
    doing: str
    """How far the whole has come, in words."""


def is_bucket(path: str) -> bool:
    return path.startswith(SCHEME)


def fetch(url: str, window: Window | None) -> Iterator[Fetched]:
    """Every object behind the URL that can hold something of that time.

    Raises `Why502Error` if the bucket cannot be read.
    """
    from obstore.exceptions import BaseError

    bucket, _, prefix = url.removeprefix(SCHEME).partition("/")
    try:
        store = _store(bucket)
        objects = sorted(_objects(store, prefix, window), key=lambda stored: stored.key)
        with Scratch() as folder:
            yield from _fetched(store, bucket, objects, Path(folder))
    except BaseError as error:
        reason = str(error).strip().splitlines()[0][:300]
        raise Why502Error(
            "cannot read the bucket", where=url, why=reason, hint="check the name, the credentials and AWS_ENDPOINT_URL"
        ) from error


def _store(bucket: str) -> S3Store:
    import boto3
    import botocore.exceptions
    from obstore.auth.boto3 import Boto3CredentialProvider
    from obstore.store import S3Store

    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    try:
        session = boto3.Session()
        region = session.region_name or "us-east-1"
        credentials = Boto3CredentialProvider(session)
    except (botocore.exceptions.BotoCoreError, ValueError) as error:
        raise Why502Error(
            "no credentials for S3", where=SCHEME + bucket, why=str(error), hint="try `aws sts get-caller-identity`"
        ) from error
    if endpoint is None:
        return S3Store(bucket, region=region, credential_provider=credentials)
    return S3Store(
        bucket,
        region=region,
        endpoint=endpoint,
        virtual_hosted_style_request=False,
        client_options={"allow_http": endpoint.startswith("http://")},
        credential_provider=credentials,
    )


def _objects(store: S3Store, prefix: str, window: Window | None) -> Iterator[Stored]:
    """Level by level, so that the days that were not asked for are not even listed.

    The prefix may end within a name, as S3 itself has it.
    """
    import obstore

    folder = prefix.rpartition("/")[0]
    found = obstore.list_with_delimiter(store, folder or None)
    here = (Stored(meta["path"], meta["size"]) for meta in found["objects"] if meta["path"].startswith(prefix))
    yield from (stored for stored in here if stored.size_bytes and is_object_wanted(stored.key, window))
    for below in (f"{name.rstrip('/')}/" for name in found["common_prefixes"]):
        if below.startswith(prefix) and is_day_wanted(below, window):
            yield from _objects(store, below, window)


def is_day_wanted(prefix: str, window: Window | None) -> bool:
    """Whether anything below a prefix can be of that time; True for prefixes that say nothing of time."""
    found = _DATE.search("/" + prefix)
    if found is None or window is None:
        return True
    year, month, day = (int(part) if part else None for part in found.groups())
    try:
        begin = datetime(year or 1, month or 1, day or 1, tzinfo=UTC)
    except ValueError:
        return True
    days = 1 if day else 31 if month else 366
    return _overlaps(begin.timestamp(), (begin + timedelta(days=days)).timestamp(), window)


def is_object_wanted(key: str, window: Window | None) -> bool:
    """Whether an object can hold something of that time; True for names that say nothing of time."""
    found = _END.search(key)
    if found is None or window is None:
        return True
    try:
        end_s = datetime.strptime(found[1], "%Y%m%dT%H%M").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return True
    return _overlaps(end_s - OBJECT_S, end_s, window)


def _overlaps(from_s: float, to_s: float, window: Window) -> bool:
    """An object that ends shortly before the window can still hold its first entries, which were written late."""
    return to_s + DELIVERY_S >= window.from_s and from_s <= window.to_s


def _fetched(store: S3Store, bucket: str, objects: list[Stored], folder: Path) -> Iterator[Fetched]:
    """In order; as many ahead as `AHEAD` and `AHEAD_BYTES` allow."""
    whole_bytes = sum(stored.size_bytes for stored in objects)
    begun_s, done_bytes = time.monotonic(), 0
    waiting: deque[tuple[Stored, Future[Path]]] = deque()
    left = deque(enumerate(objects))
    with ThreadPoolExecutor(AHEAD, thread_name_prefix="fetch") as pool:
        while left or waiting:
            while left and _room(waiting, left[0][1]):
                number, stored = left.popleft()
                waiting.append((stored, pool.submit(_download, store, stored.key, folder / str(number))))
            stored, future = waiting.popleft()
            path = future.result()
            doing = how_far(done_bytes, whole_bytes, time.monotonic() - begun_s)
            yield Fetched(f"{SCHEME}{bucket}/{stored.key}", path, doing)
            path.unlink()
            done_bytes += stored.size_bytes


def _room(waiting: deque[tuple[Stored, Future[Path]]], stored: Stored) -> bool:
    ahead_bytes = sum(other.size_bytes for other, _ in waiting)
    return not waiting or (len(waiting) < AHEAD and ahead_bytes + stored.size_bytes <= AHEAD_BYTES)


def _download(store: S3Store, key: str, path: Path) -> Path:
    import obstore

    with path.open("wb") as file:
        for piece in obstore.get(store, key):
            file.write(piece)
    return path
