"""A real Prometheus on loopback with samples of our own in its database."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MISSING = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
READY_S = 30.0


@contextmanager
def prometheus(folder: Path, openmetrics: Sequence[str]) -> Iterator[str]:
    """Its address. The samples are written into its database by its own tool before it starts; it scrapes nothing."""
    samples, database, settings = folder / "samples.txt", folder / "data", folder / "prometheus.yml"
    samples.write_text("\n".join((*openmetrics, "# EOF", "")))
    settings.write_text("global: {}\n")
    backfill = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(samples), str(database)]
    subprocess.run(backfill, check=True, capture_output=True, timeout=60)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "prometheus",
        f"--config.file={settings}",
        f"--storage.tsdb.path={database}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait(server, f"{url}/-/ready")
            yield url
        finally:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    end_s = time.monotonic() + READY_S
    while time.monotonic() < end_s:
        assert server.poll() is None, "Prometheus ended by itself"
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise AssertionError("Prometheus was not ready in time")
