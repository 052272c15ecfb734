"""Proxies of the lab: how each is configured and started, and what evidence it leaves. Found by walking."""

from __future__ import annotations

import importlib
import pkgutil

from why502.lab.proxies.interface import Proxy, ProxySettings, RunningProxy, Setup

__all__ = ["Proxy", "ProxySettings", "RunningProxy", "Setup", "proxies"]


def proxies() -> dict[str, Proxy]:
    """All kinds of proxies by name, sorted."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "interface")
    found = (importlib.import_module(f"{__name__}.{name}").PROXY for name in names)
    return {proxy.name: proxy for proxy in found}
