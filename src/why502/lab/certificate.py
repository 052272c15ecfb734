"""A self-signed certificate with its key, in one file."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from why502.errors import Why502Error

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, name: str) -> None:
    """Write a certificate for a host name, valid for a day."""
    openssl = shutil.which("openssl")
    if openssl is None:
        raise Why502Error("openssl is not installed", hint="apt-get install --no-install-recommends openssl")
    subject = ("-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}")
    kind = ("-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1")
    command = (openssl, "req", *kind, *subject, "-keyout", str(path), "-out", f"{path}.crt")
    subprocess.run(command, check=True, capture_output=True)
    with path.open("ab") as both:
        both.write(path.with_name(path.name + ".crt").read_bytes())
