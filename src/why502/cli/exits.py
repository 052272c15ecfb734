"""The exit statuses as every command's help shows them (`errors.Exit`)."""

from __future__ import annotations

from typing import Final

EXIT_STATUSES: Final = """\b
Exit status:
  0  nothing wrong was found
  1  failures found and explained
  2  wrong use, or unreadable evidence
  3  failures found, cause not determined
  4  a defect of why502
"""
