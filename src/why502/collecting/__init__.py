"""Records evidence on this host into a bundle, which `diagnose` reads anywhere."""

from why502.collecting.collect import Wishes, collect

__all__ = ["Wishes", "collect"]
