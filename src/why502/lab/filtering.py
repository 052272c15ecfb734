"""Packet filters inside a host of the lab: nftables, gone with the host's namespace."""

from __future__ import annotations

import shutil
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Literal

from why502.errors import Why502Error

if TYPE_CHECKING:
    from why502.lab.hosts import Host

TABLE = "inet lab"


def add(host: Host, hook: Literal["input", "output"], *rules: str) -> None:
    """Let packets into or out of a host pass through further rules."""
    chain = f"{TABLE} {hook}"
    head = f"add table {TABLE}\nadd chain {chain} {{ type filter hook {hook} priority 0; }}\n"
    _run(host, head + "".join(f"add rule {chain} {rule}\n" for rule in rules))


def clear(host: Host) -> None:
    """All packets pass again."""
    _run(host, f"add table {TABLE}\ndelete table {TABLE}\n")


def _run(host: Host, script: str) -> None:
    nft = shutil.which("nft") or shutil.which("nft", path="/usr/sbin")
    if nft is None:
        raise Why502Error("nft is not installed", hint="apt-get install --no-install-recommends nftables")
    run = partial(subprocess.run, [nft, "-f", "-"], input=script, capture_output=True, text=True, check=False)
    done = host.call(run)
    if done.returncode != 0:
        raise Why502Error("the kernel took no packet filter", why=done.stderr.strip()[:200])
