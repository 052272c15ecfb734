from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from why502.lab import certificate

if TYPE_CHECKING:
    from pathlib import Path


def test_certificate_is_for_its_name_and_trusted_by_itself(tmp_path: Path) -> None:
    """Key and certificate in one file, which serves as its own authority."""
    path = tmp_path / "target.pem"
    certificate.write(path, "api.example")
    server, client = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context(cafile=path)
    server.load_cert_chain(path)
    (believed,) = client.get_ca_certs()
    assert believed["subjectAltName"] == (("DNS", "api.example"),)
    assert path.stat().st_mode & 0o077 == 0
